package redistest

import "testing"

func TestDataSurvivesShutdown(t *testing.T) {
	s := Start(t)
	s.Do("SET", "k", "v")
	s.Shutdown()
	s.Launch()
	if got := s.Do("GET", "k"); got != "v" {
		t.Errorf("after a restart k is %v", got)
	}
}
