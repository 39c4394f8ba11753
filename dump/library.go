package dump

import "bytes"

// library takes the first line of a function library apart:
// #!engine name=library.
func library(code []byte) (engine, name []byte) {
	line, _, _ := bytes.Cut(code, []byte("\n"))
	rest, ok := bytes.CutPrefix(line, []byte("#!"))
	if !ok {
		return nil, nil
	}
	words := bytes.Fields(rest)
	for i, word := range words {
		if value, ok := bytes.CutPrefix(word, []byte("name=")); ok && i > 0 {
			name = value
		}
	}
	if len(words) > 0 {
		engine = words[0]
	}
	return engine, name
}
