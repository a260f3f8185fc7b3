package podidentity

import "encoding/json"

// trustPolicy returns the policy that lets EKS Pod Identity assume a role for one
// service account of one cluster. Pod Identity sends the service account in the tags of
// the session.
// https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
func trustPolicy(cluster, namespace, serviceAccount string) (string, error) {
	type statement struct {
		Effect    string
		Principal map[string]string
		Action    []string
		Condition map[string]map[string]string
	}
	text, err := json.Marshal(struct {
		Version   string
		Statement []statement
	}{"2012-10-17", []statement{{
		Effect:    "Allow",
		Principal: map[string]string{"Service": "pods.eks.amazonaws.com"},
		Action:    []string{"sts:AssumeRole", "sts:TagSession"},
		Condition: map[string]map[string]string{"StringEquals": {
			"aws:RequestTag/eks-cluster-name":           cluster,
			"aws:RequestTag/kubernetes-namespace":       namespace,
			"aws:RequestTag/kubernetes-service-account": serviceAccount,
		}},
	}}})
	return string(text), err
}
