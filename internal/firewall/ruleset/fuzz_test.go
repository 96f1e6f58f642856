package ruleset

import "testing"

// FuzzLegacy holds that any entries of iptables-legacy are read without a panic,
// and can be printed and lowered.
func FuzzLegacy(f *testing.F) {
	f.Add(false, uint32(2), uint32(0), uint32(0), make([]byte, 152))
	f.Add(true, uint32(14), uint32(0), uint32(168), make([]byte, 416))
	f.Fuzz(func(t *testing.T, v6 bool, hooks, entry, underflow uint32, entries []byte) {
		family := FamilyIPv4
		if v6 {
			family = FamilyIPv6
		}
		info := LegacyInfo{Name: "filter", ValidHooks: hooks}
		for i := range info.HookEntry {
			info.HookEntry[i], info.Underflow[i] = entry, underflow
		}
		b := &Builder{}
		if b.AddLegacy(family, info, entries) != nil {
			return
		}
		for _, table := range b.Ruleset().Tables {
			for _, c := range table.Chains {
				for _, r := range c.Rules {
					_, _ = r.String(), r.Program()
				}
			}
		}
	})
}

// FuzzInfo holds that struct ipt_getinfo is read, or refused.
func FuzzInfo(f *testing.F) {
	f.Add(make([]byte, LegacyInfoLen))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := ReadLegacyInfo(b); (err == nil) != (len(b) >= LegacyInfoLen) {
			t.Errorf("%d bytes: %v", len(b), err)
		}
	})
}
