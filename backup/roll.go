package backup

import "path"

// roll calls the files of a manifest as they come, each once. They come in its order, and
// then nothing need be looked up.
type roll struct {
	files []File
	came  []bool
	next  int
	at    map[string]int // made for the first file that comes out of order
	last  int            // that was called
	whole int            // how many of those that came were read to their ends
}

func newRoll(files []File) *roll { return &roll{files: files, came: make([]bool, len(files))} }

// call is the file with that path, nil if there is none or if it came before.
func (r *roll) call(path string) *File {
	i := r.next
	if i >= len(r.files) || r.files[i].Path != path {
		if r.at == nil {
			r.at = make(map[string]int, len(r.files))
			for i, f := range r.files {
				r.at[f.Path] = i
			}
		}
		found, ok := r.at[path]
		if !ok {
			return nil
		}
		i = found
	}
	if r.came[i] {
		return nil
	}
	r.came[i], r.next, r.last = true, i+1, i
	return &r.files[i]
}

// missing is the first file that did not come, and how many there are of those.
func (r *roll) missing() (first *File, n int) {
	for i, came := range r.came {
		if came {
			continue
		}
		if n++; n == 1 {
			first = &r.files[i]
		}
	}
	return first, n
}

// read are the paths of the files that were read to their ends: all that came but for the
// last, perhaps.
func (r *roll) read() map[string]bool {
	all, came := map[string]bool{}, 0
	for i, f := range r.files {
		if r.came[i] {
			all[f.Path] = true
			came++
		}
	}
	if came > r.whole {
		delete(all, r.files[r.last].Path)
	}
	return all
}

// foldersOf are the folders above files.
func foldersOf(files []File) map[string]bool {
	all, last := map[string]bool{}, ""
	for _, f := range files {
		if in := path.Dir(f.Path); in != last {
			last = in
			for _, dir := range parents(f.Path) {
				all[dir] = true
			}
		}
	}
	return all
}
