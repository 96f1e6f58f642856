package payload

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// readIKE wants an IKE_SA_INIT with SA, KE and nonce (RFC 7296 section 1.2).
func readIKE(got []byte) error {
	if len(got) < 28 || !bytes.Equal(got[8:16], make([]byte, 8)) || string(got[17:20]) != "\x20\x22\x08" ||
		int(binary.BigEndian.Uint32(got[24:])) != len(got) {
		return errors.New("no first message of an initiator with its length")
	}
	lengths := make(map[byte]int)
	kind, rest := got[16], got[28:]
	for kind != 0 {
		if len(rest) < 4 || int(binary.BigEndian.Uint16(rest[2:])) > len(rest) {
			return fmt.Errorf("payload %d is cut: % x", kind, rest)
		}
		length := binary.BigEndian.Uint16(rest[2:])
		content := rest[4:length]
		lengths[kind] = len(content)
		switch kind {
		case 33:
			if err := readProposal(content); err != nil {
				return err
			}
		case 34:
			if binary.BigEndian.Uint16(content) != 31 || len(content) != 4+32 {
				return fmt.Errorf("key exchange % x", content)
			}
		}
		kind, rest = rest[0], rest[length:]
	}
	if len(rest) != 0 || lengths[33] == 0 || lengths[34] == 0 || lengths[40] < 16 {
		return fmt.Errorf("payloads %v and the rest % x", lengths, rest)
	}
	return nil
}

// readProposal wants one proposal of RFC 7296 section 3.3.1 for IKE with each
// kind of transform.
func readProposal(got []byte) error {
	if len(got) < 8 || got[0] != 0 || int(binary.BigEndian.Uint16(got[2:])) != len(got) || got[4] != 1 || got[5] != 1 || got[6] != 0 {
		return fmt.Errorf("proposal % x", got)
	}
	kinds := make(map[byte]int)
	count := 0
	for rest := got[8:]; len(rest) > 0; count++ {
		length := int(binary.BigEndian.Uint16(rest[2:]))
		if length < 8 || length > len(rest) || (rest[0] == 0) != (length == len(rest)) {
			return fmt.Errorf("transform % x", rest)
		}
		kinds[rest[4]]++
		rest = rest[length:]
	}
	if count != int(got[7]) || kinds[1] == 0 || kinds[2] == 0 || kinds[3] == 0 || kinds[4] == 0 {
		return fmt.Errorf("%d transforms announced, %d of kinds %v", got[7], count, kinds)
	}
	return nil
}

func readNATT(got []byte) error {
	if len(got) < 4 || !bytes.Equal(got[:4], make([]byte, 4)) {
		return errors.New("no non-ESP marker")
	}
	return readIKE(got[4:])
}

// readL2TP wants an SCCRQ with every attribute that RFC 2661 section 6.1 asks.
func readL2TP(got []byte) error {
	if len(got) < 12 || string(got[:2]) != "\xc8\x02" || int(binary.BigEndian.Uint16(got[2:])) != len(got) || !bytes.Equal(got[4:12], make([]byte, 8)) {
		return errors.New("no first control message with its length")
	}
	values := make(map[uint16][]byte)
	for rest := got[12:]; len(rest) > 0; {
		length := int(binary.BigEndian.Uint16(rest) & 0x3ff)
		if rest[0]&0x80 == 0 || length < 7 || length > len(rest) {
			return fmt.Errorf("attribute % x", rest)
		}
		values[binary.BigEndian.Uint16(rest[4:])] = rest[6:length]
		rest = rest[length:]
	}
	if !bytes.Equal(values[0], []byte{0, 1}) || !bytes.Equal(values[2], []byte{1, 0}) || len(values[3]) != 4 || len(values[7]) == 0 ||
		len(values[9]) != 2 || bytes.Equal(values[9], []byte{0, 0}) {
		return fmt.Errorf("attributes %v", values)
	}
	return nil
}
