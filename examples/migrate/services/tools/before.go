package tools

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"
	"github.com/go-playground/validator/v10"
	"github.com/golang-jwt/jwt/v5"
)

type before struct {
	store  *Store
	secret []byte
}

// Before is the service as it is found.
func Before(store *Store, secret []byte) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	b := &before{store, secret}
	engine := gin.New()
	engine.GET("/tools", b.list)
	private := engine.Group("/", b.authenticate)
	private.POST("/tools", b.add)
	private.PUT("/tools/:id", b.change)
	return engine
}

func (b *before) authenticate(c *gin.Context) {
	raw := c.GetHeader("Authorization")
	if raw == "" {
		raw = c.Query("access_token")
	}
	claims := jwt.RegisteredClaims{}
	if _, err := jwt.ParseWithClaims(raw, &claims, func(*jwt.Token) (any, error) { return b.secret, nil }); err != nil {
		c.AbortWithStatusJSON(http.StatusUnauthorized, gin.H{"error": "unauthorized"})
		return
	}
	c.Set("user", claims.Subject)
}

type toolForm struct {
	Name string `json:"name" binding:"required,max=40"`
	Days int    `json:"days" binding:"gte=1,lte=30"`
}

// refuse tells the fields with their tags, on which the front end has its texts.
func refuse(c *gin.Context, err error) {
	fields := gin.H{}
	var faults validator.ValidationErrors
	if errors.As(err, &faults) {
		for _, f := range faults {
			fields[f.Field()] = f.Tag()
		}
	}
	c.JSON(http.StatusUnprocessableEntity, gin.H{"fields": fields})
}

func (b *before) list(c *gin.Context) {
	var page struct {
		Offset int `form:"offset" binding:"gte=0"`
		Limit  int `form:"limit,default=20" binding:"gte=1,lte=100"`
	}
	if err := c.ShouldBindQuery(&page); err != nil {
		refuse(c, err)
		return
	}
	c.JSON(http.StatusOK, b.store.list(page.Offset, page.Limit))
}

func (b *before) add(c *gin.Context) {
	var in toolForm
	if err := c.ShouldBindJSON(&in); err != nil {
		refuse(c, err)
		return
	}
	c.JSON(http.StatusCreated, b.store.add(Tool{Owner: c.GetString("user"), Name: in.Name, Days: in.Days}))
}

// change reads the body into the stored values, and does not check the owner.
func (b *before) change(c *gin.Context) {
	id, _ := strconv.Atoi(c.Param("id"))
	tool, ok := b.store.tool(id)
	if !ok {
		c.JSON(http.StatusNotFound, gin.H{"error": "not found"})
		return
	}
	in := toolForm{tool.Name, tool.Days}
	if err := c.ShouldBindJSON(&in); err != nil {
		refuse(c, err)
		return
	}
	tool.Name, tool.Days = in.Name, in.Days
	b.store.put(tool)
	c.JSON(http.StatusOK, tool)
}
