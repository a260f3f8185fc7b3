package nodes

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"strings"
)

// LocalDisks is user data that combines the node's local disks into one, for images, logs
// and the pods' ephemeral storage.
// https://awslabs.github.io/amazon-eks-ami/nodeadm/doc/api/
const LocalDisks = `MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="NODE"

--NODE
Content-Type: application/node.eks.aws

apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
spec:
  instance:
    localStorage:
      strategy: RAID0

--NODE--
`

// Template is the launch template with which EC2 starts every node of a group.
type Template struct {
	// Label is the name of the nodes and the description of the template.
	Label string
	// DiskGiB is the size of the disk.
	DiskGiB int
	// Tags are the tags of the nodes, their disks and network interfaces.
	Tags map[string]string
	// UserData is the configuration of the node, in Base64; "" for none.
	UserData string
	// ReservationID is the capacity reservation; "" for none.
	ReservationID string
	// BlockType is the instance type of a capacity block; "" for other nodes.
	BlockType string
}

// systemTemplate returns the template of a group without GPUs.
func systemTemplate(label string, diskGiB int, tags map[string]string) Template {
	named := maps.Clone(tags)
	if named == nil {
		named = map[string]string{}
	}
	named["Name"] = label
	return Template{Label: label, DiskGiB: diskGiB, Tags: named}
}

// template returns the template of a group with GPUs.
func (g Group) template(label string, tags map[string]string) Template {
	t := systemTemplate(label, g.DiskGiB, tags)
	if g.localGB() > 0 {
		t.UserData = base64.StdEncoding.EncodeToString([]byte(LocalDisks))
	}
	t.ReservationID = g.ReservationID
	if g.Capacity == CapacityBlock {
		t.BlockType = g.InstanceTypes[0]
	}
	return t
}

// TaggedKinds returns the kinds of AWS resources of a node that cost money.
func TaggedKinds() []string { return []string{"instance", "volume", "network-interface"} }

// digestedFields are the fields of a launch template that the first release included in
// digests. Another list would change every digest, and EKS would replace all nodes.
const digestedFields = `BlockDeviceMappings CapacityReservationSpecification CpuOptions CreditSpecification DefaultVersion Description
	DisableApiStop DisableApiTermination EbsOptimized ElasticGpuSpecifications ElasticInferenceAccelerator EnclaveOptions
	HibernationOptions IamInstanceProfile ImageId InstanceInitiatedShutdownBehavior InstanceMarketOptions InstanceRequirements
	InstanceType KernelId KeyName LicenseSpecifications MaintenanceOptions MetadataOptions Monitoring Name NamePrefix
	NetworkInterfaces Placement PrivateDnsNameOptions RamDiskId SecurityGroupNames TagSpecifications Tags UpdateDefaultVersion
	UserData VpcSecurityGroupIds`

// Digest returns a digest of the template's fields. Two equal templates have the same
// digest, even if their versions differ.
func (t Template) Digest() string {
	fields := map[string]any{}
	for _, name := range strings.Fields(digestedFields) {
		fields[name] = nil
	}
	fields["Description"], fields["UpdateDefaultVersion"] = t.Label, true
	fields["BlockDeviceMappings"] = []any{map[string]any{
		"DeviceName": "/dev/xvda", "NoDevice": nil, "VirtualName": nil,
		"Ebs": map[string]any{
			"DeleteOnTermination": "true", "Encrypted": "true", "Iops": nil, "KmsKeyId": nil, "SnapshotId": nil, "Throughput": nil,
			"VolumeInitializationRate": nil, "VolumeSize": t.DiskGiB, "VolumeType": "gp3",
		},
	}}
	fields["MetadataOptions"] = map[string]any{
		"HttpEndpoint": "enabled", "HttpProtocolIpv6": nil, "HttpPutResponseHopLimit": 1, "HttpTokens": "required", "InstanceMetadataTags": nil,
	}
	var specifications []any
	for _, kind := range TaggedKinds() {
		specifications = append(specifications, map[string]any{"ResourceType": kind, "Tags": t.Tags})
	}
	fields["TagSpecifications"] = specifications
	if t.UserData != "" {
		fields["UserData"] = t.UserData
	}
	if t.ReservationID != "" {
		target := map[string]any{"CapacityReservationId": t.ReservationID, "CapacityReservationResourceGroupArn": nil}
		fields["CapacityReservationSpecification"] = map[string]any{"CapacityReservationPreference": nil, "CapacityReservationTarget": target}
	}
	if t.BlockType != "" {
		fields["InstanceType"] = t.BlockType
		fields["InstanceMarketOptions"] = map[string]any{"MarketType": "capacity-block", "SpotOptions": nil}
	}
	text, _ := json.Marshal(fields) // cannot fail: only strings and numbers
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
