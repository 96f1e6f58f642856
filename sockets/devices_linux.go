package sockets

import "net"

// judgeDevices sets DeviceExposure of the sockets that are bound to a device, by the
// interfaces of the calling thread's network namespace.
func judgeDevices(rows []row) {
	known := make(map[string]Exposure)
	for i := range rows {
		s := &rows[i].Socket
		if s.Device == "" {
			continue
		}
		e, ok := known[s.Device]
		if !ok {
			e = deviceExposure(s.Device)
			known[s.Device] = e
		}
		s.DeviceExposure = e
	}
}

// deviceExposure is unknown for a device that is gone, or has no address to be
// judged by (a bridge's port, a VRF).
func deviceExposure(name string) Exposure {
	device, err := net.InterfaceByName(name)
	if err != nil {
		return ExposureUnknown
	}
	if device.Flags&net.FlagLoopback != 0 {
		return ExposureLoopback
	}
	addrs, err := device.Addrs()
	if err != nil {
		return ExposureUnknown
	}
	return exposureOfAll(addrs)
}
