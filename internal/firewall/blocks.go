package firewall

// blocks is elements of a set that depend on several dimensions. Those of one class
// that differ in one dimension only are one block: sets have thousands of addresses
// for few ports, or of ports for few addresses.
type blocks struct {
	list []blockSpans
	of   map[block]int // index in list
}

// block is what elements have in common: spans of all dimensions that they depend on
// but the wide one.
type block struct {
	class int
	dims  [dimensions]span
	on    [dimensions]bool
	wide  dimension
}

type blockSpans struct {
	class int
	some  []answer // without the wide dimension, if there is one
	wide  dimension
	spans []span
}

// add takes an element that packets meet which are in all of some.
func (l *blocks) add(class int, some []answer) {
	key := block{class: class, wide: some[0].dim}
	single := true
	for _, a := range some {
		if a.dim == dimSourcePort || a.dim == dimSource && key.wide != dimSourcePort {
			key.wide = a.dim
		}
		single = single && len(a.set) == 1
	}
	var rest []answer
	var spans []span
	for _, a := range some {
		switch {
		case key.on[a.dim] || len(a.set) == 0:
			single = false // two conditions on one dimension
		case a.dim == key.wide:
			spans = a.set
		default:
			key.dims[a.dim] = a.set[0]
			rest = append(rest, a)
		}
		key.on[a.dim] = true
	}
	if !single {
		l.list = append(l.list, blockSpans{class, some, key.wide, nil})
		return
	}
	at, known := l.of[key]
	if !known {
		at = len(l.list)
		l.of[key] = at
		l.list = append(l.list, blockSpans{class, rest, key.wide, nil})
	}
	l.list[at].spans = append(l.list[at].spans, spans...)
}

// hits is the packets of a box in each block.
func (l *blocks) hits(b box, x *setIndex) (list []classHit) {
	for _, one := range l.list {
		in, ok := b, true
		some := one.some
		if one.spans != nil {
			some = append(some[:len(some):len(some)], answer{dim: one.wide, set: setOf(one.spans)})
		}
		for _, a := range some {
			in.dim[a.dim] = in.dim[a.dim].and(a.set)
			ok = ok && len(in.dim[a.dim]) > 0
		}
		if ok {
			list = append(list, classHit{hit{in, x.classes[one.class].element}, one.class})
		}
	}
	return list
}
