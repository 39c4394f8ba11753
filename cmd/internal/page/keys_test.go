package page

import (
	"slices"
	"testing"
)

// TestAlike holds that a sentence stands once over the keys that it explains, whatever
// comes between them, and that keys differ by how sure it is too.
func TestAlike(t *testing.T) {
	k := Keys{Rows: []Row{
		{Key: "a", Cause: "lag", Evidence: "sent later"},
		{Key: "b", Cause: "lag", Evidence: "of a hole", Sure: "likely"},
		{Key: "c", Cause: "lag", Evidence: "sent later"},
		{Key: "d", Cause: "lag", Evidence: "sent later", Sure: "likely"},
		{Key: "e", Cause: "lag", Evidence: "sent later"},
	}}
	var got []string
	for _, a := range k.Alike(4) {
		keys := a.Evidence + a.Sure
		for _, row := range a.Rows {
			keys += " " + row.Key
		}
		got = append(got, keys)
	}
	if want := []string{"sent later a c", "of a hole" + "likely b", "sent later" + "likely d"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
