package notary_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keyrite/trustdata/notary"
)

// TestPlainEntryReadsAsAnyOther: the usual spelling of a target has a way of its own. A
// space sends the same target the long way round, and both must come out alike.
func TestPlainEntryReadsAsAnyOther(t *testing.T) {
	sum := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0xab}, 32))
	hashes := map[string]string{
		"usual": sum, "of 33 bytes": strings.Repeat("qqqq", 11), "of 31 bytes": base64.StdEncoding.EncodeToString(make([]byte, 31)),
		"with a line end": sum[:20] + "\n" + sum[20:43], "spelled another way": sum[:42] + "t=", "with an escape": sum[:38] + `\u003d`, "short": "qqqq",
	}
	lengths := []string{"0", "1570", "01", "00", "-1", "-0", "1.0", "1e3", "999999999999999", "9007199254740992", "9007199254740993", "null", `"1"`, ""}
	read := func(space, hash, length string) (*notary.File[notary.Targets], error) {
		return notary.ParseTargets(rTargets, fmt.Appendf(nil, `{"signed":{"_type":"Targets","delegations":{"keys":{},"roles":[]},"expires":"2030-01-01T00:00:00Z",`+
			`"targets":{"1.0":{%s"hashes":{"sha256":"%s"},"length":%s}},"version":1},"signatures":null}`, space, hash, length))
	}
	for name, hash := range hashes {
		for _, length := range lengths {
			got, errGot := read("", hash, length)
			want, errWant := read(" ", hash, length)
			if (errGot == nil) != (errWant == nil) {
				t.Errorf("hash %s, length %s: %v, the long way %v", name, length, errGot, errWant)
			}
			if errGot != nil || errWant != nil {
				continue
			}
			if diff := cmp.Diff(want.Body, got.Body); diff != "" || !bytes.Equal(got.Message, want.Message) {
				t.Errorf("hash %s, length %s (-long way +usual):\n%s%s\n%s", name, length, diff, want.Message, got.Message)
			}
		}
	}
	if _, err := read("", sum, "1570"); err != nil {
		t.Errorf("the usual one is refused: %v", err)
	}
}
