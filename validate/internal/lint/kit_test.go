package lint_test

type period struct {
	From int `json:"from"`
	To   int `json:"to"`
}

type Paging struct {
	Page  int `query:"page" default:"1" validate:"min=1"`
	Limit int `query:"limit" default:"20" validate:"min=1,max=100"`
}
