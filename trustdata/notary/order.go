package notary

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"strings"

	"keyrite/trustdata"
)

// SortTags sorts rows as docker does: by name, with runs of digits by their number, 1.9
// before 1.10; of one name the row that is pulled first, then by digest.
//
// There may be a hundred thousand rows, and a number in a name costs much to compare. So
// each name is rewritten once into a key whose plain bytes have that order.
func SortTags(rows []trustdata.Tag) {
	order := makePlaces(rows)
	slices.SortFunc(order, func(a, b place) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		return cmp.Or(bytes.Compare(a.key, b.key), compareEqual(&rows[a.row], &rows[b.row]))
	})
	permute(rows, order)
}

// place is where a row stands: its key without what all keys begin with, of which head
// are the first eight bytes as a number.
type place struct {
	head uint64
	key  []byte
	row  int
}

func makePlaces(rows []trustdata.Tag) []place {
	size := 0
	for i := range rows {
		size += len(rows[i].Name)
	}
	all, ends := make([]byte, 0, size+size/2), make([]int, len(rows))
	for i := range rows {
		all = appendSortKey(all, rows[i].Name)
		ends[i] = len(all)
	}
	order, begin := make([]place, len(rows)), 0
	for i, end := range ends {
		order[i] = place{key: all[begin:end:end], row: i}
		begin = end
	}
	common := commonPrefix(order)
	for i := range order {
		order[i].key = order[i].key[common:]
		var first [8]byte
		copy(first[:], order[i].key)
		order[i].head = binary.BigEndian.Uint64(first[:])
	}
	return order
}

func commonPrefix(order []place) int {
	if len(order) == 0 {
		return 0
	}
	common := order[0].key
	for _, p := range order[1:] {
		for !bytes.HasPrefix(p.key, common) {
			common = common[:len(common)-1]
		}
	}
	return len(common)
}

// manyDigits is a run's length that no longer fits into one byte of a key.
const manyDigits = 9

// appendSortKey adds the key of a name. A run of digits is written without leading zeros
// behind its length, so that the longer, greater number comes later. The length is a byte
// from '0' to '9', where digits stand among the other bytes: that leaves '9' for all runs
// of nine digits and more, which have theirs in eight bytes more.
func appendSortKey(key []byte, name string) []byte {
	for i := 0; i < len(name); {
		if !isDigit(name[i]) {
			key = append(key, name[i])
			i++
			continue
		}
		end := digitsEnd(name, i)
		number := strings.TrimLeft(name[i:end], "0")
		key = append(key, '0'+byte(min(len(number), manyDigits)))
		if len(number) >= manyDigits {
			key = binary.BigEndian.AppendUint64(key, uint64(len(number)))
		}
		key = append(key, number...)
		i = end
	}
	return key
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func digitsEnd(s string, i int) int {
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i
}

// compareEqual orders rows whose names are equal as numbers.
func compareEqual(a, b *trustdata.Tag) int {
	pulledFirst := 0
	if a.Pulled != b.Pulled {
		pulledFirst = 1
		if a.Pulled {
			pulledFirst = -1
		}
	}
	return cmp.Or(strings.Compare(a.Name, b.Name), pulledFirst, strings.Compare(a.Digest, b.Digest))
}

// permute brings rows into order, going round each circle of rows that take each other's
// places.
func permute(rows []trustdata.Tag, order []place) {
	for start := range order {
		hole, kept := start, rows[start]
		for {
			from := order[hole].row
			order[hole].row = hole
			if from == start {
				rows[hole] = kept
				break
			}
			rows[hole] = rows[from]
			hole = from
		}
	}
}
