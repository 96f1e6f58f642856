package ruleset

import (
	"encoding/binary"
	"testing"

	"porthole/internal/netlink"
)

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

// FuzzIPSet holds that any answer about sets of ipset is read or refused, and that
// a match with one can be lowered.
func FuzzIPSet(f *testing.F) {
	for _, kind := range []string{"hash:net,iface", "hash:ip,port,net", "bitmap:port", "list:set", "hash:mac"} {
		f.Add(kind, byte(2), []byte{1, 2, 3, 4}, byte(24), []byte{0, 80}, uint32(1<<2), "eth0", byte(2), byte(6))
	}
	f.Fuzz(func(t *testing.T, kind string, family byte, addr []byte, bits byte, port []byte, flags uint32, name string, dimensions, directions byte) {
		if len(addr) > 1000 || len(port) > 1000 || len(name) > 1000 || len(kind) > 1000 {
			return
		}
		one := netlink.AppendAttribute
		ip := one(nil, 1, one(nil, 1, addr))
		entry := append(ip, one(nil, 3, []byte{bits})...)
		entry = append(entry, one(nil, 4, port)...)
		entry = append(entry, one(nil, 7, []byte{6})...)
		entry = append(entry, one(nil, 8, binary.BigEndian.AppendUint32(nil, flags))...)
		entry = netlink.AppendText(entry, 18, name)
		entry = netlink.AppendText(entry, 23, name)
		body := netlink.AppendText(make([]byte, HeaderLen), 2, name)
		body = netlink.AppendText(body, 3, kind)
		body = append(body, one(nil, 5, []byte{family})...)
		body = append(body, one(nil, 11, []byte{0, 3})...)
		body = append(body, one(nil, 7, one(nil, 20, []byte{bits}))...)
		body = append(body, one(nil, 8, append(one(nil, 7, entry), one(nil, 7, entry)...))...)
		b := &Builder{}
		table := b.table(tableKey{FamilyIPv4, "filter"})
		if b.AddIPSet(body) != nil {
			return
		}
		chain := &Chain{Table: table, Name: "INPUT"}
		info := binary.NativeEndian.AppendUint16(nil, 3)
		rule := &Rule{Chain: chain, Exprs: []Expr{&Match{Name: "set", Rev: 1, Info: append(info, dimensions, directions)}}}
		if len(rule.Program()) == 0 || rule.String() == "" {
			t.Error("a condition is gone")
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
