package doctor

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strconv"
	"sync"
)

// serverVersion is the header in which ews says what it is (MS-OXWSCDATA, t:ServerVersionInfo).
type serverVersion struct {
	Major      string `xml:"MajorVersion,attr"`
	Minor      string `xml:"MinorVersion,attr"`
	MajorBuild string `xml:"MajorBuildNumber,attr"`
	MinorBuild string `xml:"MinorBuildNumber,attr"`
}

const typesNamespace = "http://schemas.microsoft.com/exchange/services/2006/types"

// readVersion finds the header in a reply, which may come compressed or in a charset that is not read here.
func readVersion(body []byte) (v serverVersion, found bool) {
	decoder := xml.NewDecoder(bytes.NewReader(body))
	for {
		token, err := decoder.Token()
		if err != nil {
			return v, false
		}
		start, isStart := token.(xml.StartElement)
		switch {
		case isStart && start.Name.Local == "Body":
			return v, false
		case isStart && start.Name == xml.Name{Space: typesNamespace, Local: "ServerVersionInfo"}:
			if decoder.DecodeElement(&v, &start) != nil {
				return v, false
			}
			return v, v.numbers()
		}
	}
}

// numbers tells whether the version consists of numbers: what it says is shown.
func (v serverVersion) numbers() bool {
	for _, part := range []string{v.Major, v.Minor, v.MajorBuild, v.MinorBuild} {
		if _, err := strconv.ParseUint(part, 10, 32); err != nil {
			return false
		}
	}
	return true
}

// products are the versions of Exchange Server (Microsoft, "Exchange Server build numbers and release dates").
var products = map[string]string{
	"8.0": "2007", "8.1": "2007", "8.2": "2007", "8.3": "2007", "14.0": "2010", "14.1": "2010", "14.2": "2010", "14.3": "2010",
	"15.0": "2013", "15.1": "2016", "15.2": "2019 or later",
}

// versionSeen keeps the last version that a reply has told.
type versionSeen struct {
	mu    sync.Mutex
	last  serverVersion
	found bool
}

func (s *versionSeen) look(body []byte) {
	v, found := readVersion(body)
	s.mu.Lock()
	defer s.mu.Unlock()
	if found {
		s.last, s.found = v, true
	}
}

// version says what the server has told of itself.
func (x *examination) version(seen *versionSeen) {
	seen.mu.Lock()
	defer seen.mu.Unlock()
	if !seen.found {
		return
	}
	x.find("version", Good, "the server is "+seen.last.String(), "")
}

// String names the version, and the product that it is of.
func (v serverVersion) String() string {
	release := v.Major + "." + v.Minor
	text := fmt.Sprintf("Exchange %s.%s.%s", release, v.MajorBuild, v.MinorBuild)
	if name, known := products[release]; known {
		text += " (Exchange " + name + ")"
	}
	return text
}
