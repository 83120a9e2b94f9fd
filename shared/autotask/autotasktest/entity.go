package autotasktest

import "strings"

type kind int

const (
	kindInt kind = iota
	kindString
	kindBool
	kindDate
	kindDouble
	kindUDF
)

// field is a field of an entity.
type field struct {
	name       string    // as the wire has it
	keys       [2]string // as JSON keys with their colon: in the usual spelling, and with acronyms in capitals
	kind       kind
	get        func(*row) value // nil: null in every row
	reference  string           // the entity it names
	pick       bool             // a picklist
	unaskable  bool             // comes back, cannot be filtered on
	isRequired bool
}

// entity is what the vendor's metadata says of one.
type entity struct {
	name     string
	singular string
	fields   map[string]*field // by lower-case name
	order    []*field          // as in an answer
}

var acronyms = strings.NewReplacer("Uid", "UID", "Snmp", "SNMP", "Nic", "NIC", "Zfs", "ZFS")

// newEntity makes an entity from its fields, the names of one kind in one string.
func newEntity(name, singular string, special map[string]field, of ...fieldsOf) *entity {
	e := &entity{name: name, singular: singular, fields: map[string]*field{}}
	for _, some := range of {
		for _, name := range strings.Fields(some.names) {
			f := special[name]
			f.name, f.kind = name, some.kind
			f.keys = [2]string{`"` + name + `":`, `"` + acronyms.Replace(name) + `":`}
			e.fields[strings.ToLower(name)] = &f
			e.order = append(e.order, &f)
		}
	}
	return e
}

type fieldsOf struct {
	kind  kind
	names string
}

// The entities. One field of each is in no documentation: new ones arrive without notice.
var (
	configurationItems = newEntity("ConfigurationItems", "ConfigurationItem", itemFields,
		fieldsOf{kindInt, `id companyID configurationItemType`},
		fieldsOf{kindBool, `isActive`},
		fieldsOf{kindInt, `configurationItemCategoryID productID contractID contractServiceID contractServiceBundleID serviceID
			serviceBundleID serviceLevelAgreementID companyLocationID contactID vendorID parentConfigurationItemID
			createdByPersonID installedByID installedByContactID lastActivityPersonID lastActivityPersonType
			impersonatorCreatorResourceID sourceChargeID sourceChargeType apiVendorID rmmDeviceID rmmOpenAlertCount`},
		fieldsOf{kindString, `referenceTitle referenceNumber serialNumber location notes rmmDeviceUid deviceNetworkingID`},
		fieldsOf{kindDate, `createDate lastModifiedTime installDate warrantyExpirationDate`},
		fieldsOf{kindDouble, `numberOfUsers hourlyCost dailyCost monthlyCost perUseCost setupFee dattoPercentageUsed`},
		fieldsOf{kindInt, `rmmDeviceAuditAntivirusStatusID rmmDeviceAuditArchitectureID rmmDeviceAuditBackupStatusID
			rmmDeviceAuditDeviceTypeID rmmDeviceAuditDisplayAdaptorID rmmDeviceAuditDomainID rmmDeviceAuditManufacturerID
			rmmDeviceAuditMobileNetworkOperatorID rmmDeviceAuditModelID rmmDeviceAuditMotherboardID rmmDeviceAuditPatchStatusID
			rmmDeviceAuditProcessorID rmmDeviceAuditServicePackID rmmDeviceAuditSoftwareStatusID rmmDeviceAuditMissingPatchCount
			rmmDeviceAuditMemoryBytes rmmDeviceAuditStorageBytes`},
		fieldsOf{kindString, `rmmDeviceAuditDescription rmmDeviceAuditExternalIPAddress rmmDeviceAuditHostname
			rmmDeviceAuditIPAddress rmmDeviceAuditLastUser rmmDeviceAuditMacAddress rmmDeviceAuditMobileNumber
			rmmDeviceAuditOperatingSystem rmmDeviceAuditSnmpContact rmmDeviceAuditSnmpLocation rmmDeviceAuditSnmpName`},
		fieldsOf{kindInt, `dattoAvailableKilobytes dattoOffsiteUsedBytes dattoProtectedKilobytes dattoUsedKilobytes
			dattoDeviceMemoryMegabytes dattoKernelVersionID dattoNicSpeedKilobitsPerSecond dattoNumberOfAgents dattoNumberOfDrives
			dattoNumberOfVolumes dattoOSVersionID dattoUptimeSeconds dattoZfsVersionID domainRegistrarID`},
		fieldsOf{kindBool, `dattoDrivesErrors`},
		fieldsOf{kindDate, `dattoLastCheckInDateTime domainExpirationDateTime domainLastUpdatedDateTime
			domainRegistrationDateTime sslValidFromDateTime sslValidUntilDateTime`},
		fieldsOf{kindString, `dattoHostname dattoInternalIP dattoRemoteIP dattoSerialNumber domain sslCommonName sslIssuedBy
			sslLocation sslOrganization sslOrganizationUnit sslSerialNumber sslSignatureAlgorithm sslSource fieldOfTomorrow`},
		fieldsOf{kindUDF, `userDefinedFields`})

	companies = newEntity("Companies", "Company", companyFields,
		fieldsOf{kindInt, `id`},
		fieldsOf{kindString, `companyName`},
		fieldsOf{kindBool, `isActive isEnabledForComanaged isTaxExempt`},
		fieldsOf{kindInt, `companyType parentCompanyID ownerResourceID companyCategoryID classification marketSegmentID territoryID
			currencyID taxID`},
		fieldsOf{kindDouble, `assetValue`},
		fieldsOf{kindString, `companyNumber phone address1 address2 city state postalCode billToAddress1 billToCity fieldOfTomorrow`},
		fieldsOf{kindDate, `createDate lastActivityDate lastTrackedModifiedDateTime`},
		fieldsOf{kindUDF, `userDefinedFields`})

	configurationItemTypes = newEntity("ConfigurationItemTypes", "ConfigurationItemType", typeFields,
		fieldsOf{kindInt, `id`}, fieldsOf{kindBool, `isActive`}, fieldsOf{kindString, `name`}, fieldsOf{kindUDF, `userDefinedFields`})

	entities = map[string]*entity{
		"configurationitems": configurationItems, "companies": companies, "configurationitemtypes": configurationItemTypes,
	}
)

// userDefined is the field that comes back however few are asked for.
func (e *entity) userDefined() *field { return e.fields["userdefinedfields"] }
