package api

import "net/http"

type permission struct {
	ID                 string  `json:"id"`
	Object             string  `json:"object"`
	Created            int64   `json:"created"`
	AllowCreateEngine  bool    `json:"allow_create_engine"`
	AllowSampling      bool    `json:"allow_sampling"`
	AllowLogprobs      bool    `json:"allow_logprobs"`
	AllowSearchIndices bool    `json:"allow_search_indices"`
	AllowView          bool    `json:"allow_view"`
	AllowFineTuning    bool    `json:"allow_fine_tuning"`
	Organization       string  `json:"organization"`
	Group              *string `json:"group"`
	IsBlocking         bool    `json:"is_blocking"`
}

type modelCard struct {
	ID          string       `json:"id"`
	Object      string       `json:"object"`
	Created     int64        `json:"created"`
	OwnedBy     string       `json:"owned_by"`
	Root        string       `json:"root"`
	Parent      *string      `json:"parent"`
	MaxModelLen *int         `json:"max_model_len"`
	Permission  []permission `json:"permission"`
}

// card returns the description of the model under one of its names, or of an adapter.
func card(id, root string, parent *string, maxModelLen *int) modelCard {
	created := now()
	return modelCard{
		ID: id, Object: "model", Created: created, OwnedBy: "vllm", Root: root, Parent: parent, MaxModelLen: maxModelLen,
		Permission: []permission{{
			ID: "modelperm-" + randomID(), Object: "model_permission", Created: created,
			AllowSampling: true, AllowLogprobs: true, AllowView: true, Organization: "*",
		}},
	}
}

func (s *Server) models(w http.ResponseWriter, _ *http.Request) {
	var cards []modelCard
	for _, name := range s.config.Names {
		cards = append(cards, card(name, s.config.Root, nil, &s.config.MaxModelLen))
	}
	for _, a := range s.config.Adapters {
		cards = append(cards, card(a.Name, a.Path, &a.Parent, nil))
	}
	writeJSON(w, http.StatusOK, struct {
		Object string      `json:"object"`
		Data   []modelCard `json:"data"`
	}{"list", cards})
}
