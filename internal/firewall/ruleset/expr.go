package ruleset

// Expr is an expression of a rule, one of the types of this file. A rule's
// expressions run one after the other on registers, as in nft_do_chain of the
// kernel.
type Expr interface{ expr() }

// Register is where a value is kept, counted in units of 4 bytes; NoRegister
// where there is none.
type Register int8

// NoRegister says that an expression does not use a register.
const NoRegister Register = -1

// Registers is how many there are.
const Registers = 16

// Codes of verdicts (linux/netfilter.h and enum nft_verdicts).
const (
	VerdictDrop     = 0
	VerdictAccept   = 1
	VerdictQueue    = 3
	VerdictContinue = -1
	VerdictBreak    = -2
	VerdictJump     = -3
	VerdictGoto     = -4
	VerdictReturn   = -5
)

// Verdict ends a rule.
type Verdict struct {
	Code  int32
	Chain string // of jump and goto
}

// Immediate gives a verdict, or loads a constant.
type Immediate struct {
	Dest    Register
	Data    []byte
	Verdict *Verdict
}

// Meta loads what is known beside a packet's bytes, or sets it.
type Meta struct {
	Key    uint32 // one of Meta*
	Dest   Register
	Source Register // to set it
}

// Keys of [Meta] (enum nft_meta_keys).
const (
	MetaLen = iota
	MetaProtocol
	MetaPriority
	MetaMark
	MetaIIF
	MetaOIF
	MetaIIFName
	MetaOIFName
	MetaIIFType
	MetaOIFType
	MetaSkUID
	MetaSkGID
	MetaNFTrace
	MetaRtClassID
	MetaSecMark
	MetaNFProto
	MetaL4Proto
	MetaBriIIFName
	MetaBriOIFName
	MetaPktType
	MetaCPU
	MetaIIFGroup
	MetaOIFGroup
	MetaCgroup
	MetaPRandom
	MetaSecPath
	MetaIIFKind
	MetaOIFKind
	MetaBriIIFPvid
	MetaBriIIFVProto
	MetaTime
	MetaDay
	MetaHour
	MetaSDIF
	MetaSDIFName
	MetaBroute
)

// Payload loads bytes of a packet, or writes them.
type Payload struct {
	Base        uint32 // one of Base*
	Offset, Len int    // in bytes
	Dest        Register
	Source      Register // to write
}

// Bases of [Payload] (enum nft_payload_bases).
const (
	BaseLink = iota
	BaseNetwork
	BaseTransport
	BaseInner
)

// Cmp goes on only if a value compares to Data.
type Cmp struct {
	Op     uint32 // one of Cmp*
	Source Register
	Data   []byte
}

// Ops of [Cmp] (enum nft_cmp_ops). Values compare byte by byte.
const (
	CmpEqual = iota
	CmpNotEqual
	CmpLess
	CmpAtMost
	CmpGreater
	CmpAtLeast
)

// Range goes on only if a value is between two, or is not; both are included.
type Range struct {
	Not      bool
	Source   Register
	From, To []byte
}

// Bitwise makes a value of another one.
type Bitwise struct {
	Source, Dest Register
	Len          int
	Op           uint32 // one of Bitwise*
	Mask, Xor    []byte // of BitwiseMaskXor: value & Mask ^ Xor
	Shift        uint32 // in bits
	Second       bool   // the other operand is in a register: not followed
}

// Ops of [Bitwise] (enum nft_bitwise_ops).
const (
	BitwiseMaskXor = iota
	BitwiseLeft
	BitwiseRight
)

// Byteorder turns the bytes of each part of Size of a value around.
type Byteorder struct {
	Source, Dest Register
	Op           uint32
	Len, Size    int
}

// Lookup goes on only if a value is in a set, or is not; with a map it loads
// what belongs to it.
type Lookup struct {
	Set    *Set
	Name   string
	Source Register
	Dest   Register // of a map
	Map    bool
	Not    bool
}

// Ct loads what is known of a packet's connection, or sets it.
type Ct struct {
	Key          uint32 // one of Ct*
	Direction    uint8  // 0 original, 1 reply
	HasDirection bool
	Dest         Register
	Source       Register // to set it
}

// Keys of [Ct] (enum nft_ct_keys).
const (
	CtState = iota
	CtDirection
	CtStatus
	CtMark
	CtSecMark
	CtExpiration
	CtHelper
	CtL3Proto
	CtSrc
	CtDst
	CtProtocol
	CtProtoSrc
	CtProtoDst
	CtLabels
	CtPkts
	CtBytes
	CtAvgPkt
	CtZone
	CtEventMask
	CtSrcIP
	CtDstIP
	CtSrcIP6
	CtDstIP6
	CtID
)

// Fib asks the routes about an address.
type Fib struct {
	Flags  uint32 // of Fib*
	Result uint32 // 1 interface index, 2 interface name, 3 type of address
	Dest   Register
}

// Flags and results of [Fib] (enum nft_fib_flags, enum nft_fib_result).
const (
	FibSource  = 1 << 0
	FibDest    = 1 << 1
	FibMark    = 1 << 2
	FibIIF     = 1 << 3
	FibOIF     = 1 << 4
	FibPresent = 1 << 5

	FibResultOIF     = 1
	FibResultOIFName = 2
	FibResultType    = 3
)

// NAT changes source or destination. Registers that are not used are
// NoRegister.
type NAT struct {
	Dest             bool // the destination, else the source
	Family           Family
	AddrMin, AddrMax Register
	PortMin, PortMax Register
	Flags            uint32 // NF_NAT_RANGE_*
	Base             uint16 // the first port of those that are shifted, of xt
	Masquerade       bool   // the source becomes that of the interface
	Redirect         bool   // the destination becomes that of the interface
}

// Flags of [NAT] (linux/netfilter/nf_nat.h).
const (
	NATMapIPs     = 1 << 0
	NATPorts      = 1 << 1
	NATRandom     = 1 << 2
	NATPersistent = 1 << 3
	NATFully      = 1 << 4
	NATOffset     = 1 << 5
	NATNetmap     = 1 << 6
)

// Reject drops and tells the sender.
type Reject struct {
	Type uint32 // 0 ICMP unreachable, 1 TCP reset, 2 ICMP of either family
	Code uint8
}

// Limit goes on while packets come slower than Rate, or with Over only faster.
type Limit struct {
	Rate  uint64 // packets, or bytes if Bytes
	Unit  uint64 // in seconds
	Burst uint32
	Bytes bool
	Over  bool
}

// Quota goes on while fewer than Bytes came, or with Over only after that.
type Quota struct {
	Bytes, Consumed uint64
	Over            bool
}

// Connlimit goes on while fewer connections are open, or with Over only above.
type Connlimit struct {
	Count uint32
	Over  bool
}

// Dynset adds to a set, or removes.
type Dynset struct {
	Set    *Set
	Name   string
	Op     uint32
	Source Register
	Exprs  []Expr
	Not    bool
}

// Number loads one that changes with each packet, from Offset up to before
// Offset+Modulus: a random one, the next of a row, or a hash of the packet.
type Number struct {
	Name            string // "numgen inc", "numgen random", "jhash", "symhash"
	Dest            Register
	Modulus, Offset uint32
	Source          Register
	Len             int
	Seed            uint32
}

// Exthdr loads part of an extension header or option, or sets it.
type Exthdr struct {
	Op          uint32
	Type        uint8
	Offset, Len int
	Dest        Register
	Source      Register
	Present     bool
}

// Queue hands a packet to a program.
type Queue struct {
	First, Total uint16
	Flags        uint16
}

// Flow hands a connection to a flow table once both ends have answered.
type Flow struct{ Name string }

// Notrack keeps connection tracking from a packet.
type Notrack struct{}

// Objref applies a named object, or that of a map's element.
type Objref struct {
	Type   uint32
	Name   string
	Object *Object
	Set    *Set
	Source Register
}

// Note has no effect on where a packet goes: counter, log, last, dup and the
// like. Text is what nft prints.
type Note struct{ Name, Text string }

// Load is a value that cannot be told from rules and routes.
type Load struct {
	Name string // what nft calls it
	Dest Register
}

// Forward sends a packet out of another device (netdev tables).
type Forward struct{ Name string }

// Match is a match of iptables in its own terms.
type Match struct {
	Name string
	Rev  uint32
	Info []byte
}

// Target is a target of iptables in its own terms.
type Target struct {
	Name string
	Rev  uint32
	Info []byte
}

// Unknown is an expression that porthole does not follow: nobody can tell
// whether packets get past it. Ends says that it may also end the packet's way.
type Unknown struct {
	Name string
	Ends bool
}

// Any goes on if one of several lists of expressions does; the matches of
// iptables need it.
type Any struct {
	Of  [][]Expr
	Not bool
}

func (*Immediate) expr() {}
func (*Meta) expr()      {}
func (*Payload) expr()   {}
func (*Cmp) expr()       {}
func (*Range) expr()     {}
func (*Bitwise) expr()   {}
func (*Byteorder) expr() {}
func (*Lookup) expr()    {}
func (*Ct) expr()        {}
func (*Fib) expr()       {}
func (*NAT) expr()       {}
func (*Reject) expr()    {}
func (*Limit) expr()     {}
func (*Quota) expr()     {}
func (*Connlimit) expr() {}
func (*Dynset) expr()    {}
func (*Number) expr()    {}
func (*Exthdr) expr()    {}
func (*Queue) expr()     {}
func (*Flow) expr()      {}
func (*Notrack) expr()   {}
func (*Objref) expr()    {}
func (*Note) expr()      {}
func (*Load) expr()      {}
func (*Forward) expr()   {}
func (*Match) expr()     {}
func (*Target) expr()    {}
func (*Unknown) expr()   {}
func (*Any) expr()       {}
