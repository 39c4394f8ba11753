package report

import "context"

// InfoBeside is the INFO output in a folder of evidence that is of the server that saved a
// dump in it, as the report of that folder has it; nil where none is, or several.
func InfoBeside(ctx context.Context, o Options, dump string) (*Artefact, error) {
	r, err := find(ctx, o)
	if err != nil {
		return nil, err
	}
	var of []*Artefact
	for _, d := range r.Artefacts {
		if d.File != dump || d.Role != Master && d.Role != Replica {
			continue
		}
		for _, a := range r.Artefacts {
			if a.Kind == KindInfo && r.sideOf(a) == d.Role {
				of = append(of, a)
			}
		}
	}
	return only(of), nil
}

// CollectedFrom is the server off which collect took what is in the folder of a file, as
// it was addressed, and the role that the server had; "" and Unknown if collect took none
// of it.
func CollectedFrom(file string) (addr string, role Role) {
	c := collectionBeside(file)
	if c == nil {
		return "", Unknown
	}
	return c.Addr, roleOfServer(c.Role)
}
