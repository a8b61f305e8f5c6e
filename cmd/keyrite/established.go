package main

import (
	"time"

	"keyrite/trustdata"
)

// reportJSON is what a verification established.
type reportJSON struct {
	VerifiedAt *time.Time       `json:"verified_at"`
	Files      []reportFileJSON `json:"files"`
	Notes      []string         `json:"notes"`
}

type reportFileJSON struct {
	Role      trustdata.Role       `json:"role"`
	Version   int64                `json:"version"`
	SHA256    string               `json:"sha256"`
	Length    int64                `json:"length"`
	Threshold int                  `json:"threshold"`
	SignedBy  []trustdata.ListedID `json:"signed_by"`
	KeysFrom  trustdata.Role       `json:"keys_from"`
}

func newReportJSON(r *trustdata.Report) *reportJSON {
	if r == nil {
		return nil
	}
	out := &reportJSON{VerifiedAt: stamp(r.At), Files: []reportFileJSON{}, Notes: []string{}}
	for _, f := range r.Files {
		out.Files = append(out.Files, reportFileJSON{f.Role, f.Version, digest(f.SHA256), f.Length, f.Threshold, list(f.SignedBy), f.By})
	}
	for _, n := range r.Notes {
		out.Notes = append(out.Notes, trustdata.Visible(n.String()))
	}
	return out
}
