package trustserver

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"keyrite/trustdata"
)

// change is one record of the change feed: a new timestamp, or a deletion.
type change struct {
	ID        string
	CreatedAt time.Time
	GUN       trustdata.GUN
	Version   int64
	SHA256    string
	Category  string
}

// defaultRecords is the page size where a client asks for 0 records.
const defaultRecords = 100

// record appends c with the next ID. The caller holds the lock.
func (s *Server) record(c change) {
	c.ID = strconv.Itoa(len(s.changes) + 1)
	c.CreatedAt = c.CreatedAt.UTC()
	s.changes = append(s.changes, c)
}

// changefeed answers with the changes of one repository, or of all where gun is "",
// oldest first.
func (s *Server) changefeed(w http.ResponseWriter, r *http.Request, gun trustdata.GUN) *apiError {
	query := r.URL.Query()
	records, err := strconv.ParseInt(query.Get("records"), 10, 32)
	if err != nil {
		return errParameters.withDetail("invalid records parameter: " + err.Error())
	}
	if records == 0 {
		records = defaultRecords
	}
	var from int64
	if id := query.Get("change_id"); id != "" {
		if from, err = strconv.ParseInt(id, 10, 32); err != nil {
			return errParameters.withDetail(nothing)
		}
	} else if records < 0 {
		from = -1
	}
	found := s.changesFrom(gun, from, records)
	body, err := json.Marshal(struct {
		Count   int      `json:"count"`
		Records []change `json:"records"`
	}{len(found), found})
	if err != nil {
		return errUnknown
	}
	writeData(w, body)
	return nil
}

// changesFrom walks from the record after from forwards, or for a negative number of
// records (or of from, which then means the newest) backwards from the one before it.
func (s *Server) changesFrom(gun trustdata.GUN, from, records int64) []change {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.changes
	back := records < 0 || from < 0
	limit := int(max(records, -records))
	var found []change
	if back {
		if from >= 0 && from <= int64(len(all)) {
			all = all[:max(0, from-1)]
		}
		for i := len(all) - 1; i >= 0 && len(found) < limit; i-- {
			if gun == "" || all[i].GUN == gun {
				found = append([]change{all[i]}, found...)
			}
		}
		return found
	}
	for _, c := range all[min(from, int64(len(all))):] {
		if len(found) == limit {
			break
		}
		if gun == "" || c.GUN == gun {
			found = append(found, c)
		}
	}
	return found
}
