package rotation

import (
	"path/filepath"

	"keyrite/trustdata"
)

// Published are the files of root.json that changes made from here have put in force, as
// they were sent, for each repository. One that is not here any more, or is damaged, is
// passed over: it is a copy of what the server has.
func (j *Journal) Published() (map[trustdata.GUN][][]byte, error) {
	past, err := j.Past()
	if err != nil {
		return nil, err
	}
	roots := map[trustdata.GUN][][]byte{}
	for _, op := range past {
		for _, u := range op.Units {
			if u.State != StateDone || u.Payload == "" || u.Gone {
				continue
			}
			files, err := readPayload(filepath.Join(j.dir, endedFolder, op.ID, payloadName(u.GUN)), u)
			if err == nil && files[trustdata.RoleRoot] != nil {
				roots[u.GUN] = append(roots[u.GUN], files[trustdata.RoleRoot])
			}
		}
	}
	return roots, nil
}
