package services

import (
	"slices"
	"strconv"
	"strings"
)

// other is the category and the subcategory of a rule that names none.
const other = "other"

// categories are those of Synthesize, as documented. Its API compares them letter by letter.
func categories() []string {
	return []string{"security", "backup", "productivity", "infrastructure", "service delivery", "consulting", other}
}

// subcategories are those of Synthesize, as documented, with its spelling ("priviledged", "centre").
func subcategories() []string {
	return []string{
		"endpoint detection and response (EDR)",
		"email security",
		"virtual private network services (VPN)",
		"DNS filtering",
		"dark web monitoring",
		"password management",
		"single sign on (SSO)",
		"priviledged access and identity management (PAM/PIM)",
		"security information and event management (SIEM)",
		"mobile device management (MDM)",
		"application security",
		"mobile application management (MAM)",
		"multi factor authentication (MFA)",
		"cloud backup",
		"local backup",
		"desktop backup",
		"data archiving",
		"physical offsite storage",
		"business continuity",
		"hosted email",
		"video conferencing",
		"voice over IP services (VOIP)",
		"line of business application support",
		"unified communications as a service (UCaaS)",
		"customer relationship management",
		"cloud storage",
		"website hosting",
		"hardware as a service (HaaS)",
		"managed print services",
		"virtual desktop infrastructure (VDI)",
		"virtual server hosting",
		"infrastructure as a service (IaaS)",
		"end user support",
		"server management and support",
		"network management and support",
		"printer management and support",
		"desktop management and support",
		"hosted security operations centre (SOC)",
		"software development",
		"penetration testing",
		"project services",
		"governance and compliance",
		"business intelligence services / analytics",
		"phishing simulation",
		"privacy and security awareness training",
		other,
	}
}

// oneOf says what to write instead of a value that is not in the list, or nothing if it is.
func oneOf(key, value string, list []string) string {
	if slices.Contains(list, value) {
		return ""
	}
	for _, known := range list {
		if fold(known) == fold(value) {
			return key + " " + strconv.Quote(value) + " is not as Synthesize spells it; write " + strconv.Quote(known)
		}
	}
	return key + " " + strconv.Quote(value) + " is none that Synthesize has; write one of: " + strings.Join(list, "; ")
}
