package backup

import "path"

// roll calls the files of a manifest as they come, each once. They come in its order, and
// then nothing need be looked up.
type roll struct {
	files []File
	came  []bool
	whole []bool // those that were read to their ends and are as they should be
	next  int
	at    map[string]int // made for the first file that comes out of order
}

func newRoll(files []File) *roll {
	return &roll{files: files, came: make([]bool, len(files)), whole: make([]bool, len(files))}
}

// call is where the file with that path is, false if there is none or if it came before.
func (r *roll) call(path string) (at int, ok bool) {
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
			return 0, false
		}
		i = found
	}
	if r.came[i] {
		return 0, false
	}
	r.came[i], r.next = true, i+1
	return i, true
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

// read are the paths of the files that are whole.
func (r *roll) read() map[string]bool {
	all := map[string]bool{}
	for i, f := range r.files {
		if r.whole[i] {
			all[f.Path] = true
		}
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
