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
	order, keys := makePlaces(rows)
	slices.SortFunc(order, func(a, b place) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		return cmp.Or(bytes.Compare(keys[a.begin:a.end], keys[b.begin:b.end]), compareEqual(&rows[a.row], &rows[b.row]))
	})
	permute(rows, order)
}

// place is where a row stands: its key without what all keys begin with, of which head
// are the first eight bytes as a number.
type place struct {
	head       uint64
	begin, end uint32 // of the key, in the bytes of all
	row        uint32
}

// makePlaces gives the places of all rows, and the bytes of their keys: of the names of a
// collection, which are bounded far below four gigabytes.
func makePlaces(rows []trustdata.Tag) ([]place, []byte) {
	size := 0
	for i := range rows {
		size += len(rows[i].Name)
	}
	keys, order := make([]byte, 0, size+size/2), make([]place, len(rows))
	for i := range rows {
		begin := len(keys)
		keys = appendSortKey(keys, rows[i].Name)
		order[i] = place{begin: uint32(begin), end: uint32(len(keys)), row: uint32(i)}
	}
	common := commonPrefix(order, keys)
	for i := range order {
		order[i].begin += common
		var first [8]byte
		copy(first[:], keys[order[i].begin:order[i].end])
		order[i].head = binary.BigEndian.Uint64(first[:])
	}
	return order, keys
}

// commonPrefix is how many bytes all keys begin with.
func commonPrefix(order []place, keys []byte) uint32 {
	if len(order) == 0 {
		return 0
	}
	common := keys[order[0].begin:order[0].end]
	for _, p := range order[1:] {
		for !bytes.HasPrefix(keys[p.begin:p.end], common) {
			common = common[:len(common)-1]
		}
	}
	return uint32(len(common))
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
			from := int(order[hole].row)
			order[hole].row = uint32(hole)
			if from == start {
				rows[hole] = kept
				break
			}
			rows[hole] = rows[from]
			hole = from
		}
	}
}
