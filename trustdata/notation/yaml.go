package notation

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxDocuments bounds a file of manifests.
const maxDocuments = 200

// documents reads YAML documents as encoding/json has values. Anchors are refused: a few
// bytes of them can stand for more than any machine holds, and no manifest needs them.
func documents(raw []byte) ([]any, error) {
	var all []any
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	for n := 1; ; n++ {
		var node yaml.Node
		err := dec.Decode(&node)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, notYAML(n, err)
		}
		if n > maxDocuments {
			return nil, fmt.Errorf("it has more than %d documents", maxDocuments)
		}
		if line := anchor(&node); line > 0 {
			return nil, fmt.Errorf("line %d has an anchor or an alias, which are not followed: write it out", line)
		}
		var v any
		if err := node.Decode(&v); err != nil {
			return nil, notYAML(n, err)
		}
		if v != nil {
			all = append(all, v)
		}
	}
}

// notYAML is the library's message, which may have several lines, as one.
func notYAML(document int, err error) error {
	return fmt.Errorf("document %d is no YAML: %s", document, strings.Join(strings.Fields(err.Error()), " "))
}

// anchor is the line of the first anchor or alias, 0 for none.
func anchor(n *yaml.Node) int {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		return n.Line
	}
	for _, below := range n.Content {
		if line := anchor(below); line > 0 {
			return line
		}
	}
	return 0
}
