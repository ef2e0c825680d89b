package web

import (
	"net/http"
	"net/url"
)

const (
	cookieName = "cart"
	maxVisitor = 64
)

// visitor is the id of the visitor's cart, from the cookie; a new visitor gets
// one.
func (s *service) visitor(w http.ResponseWriter, r *http.Request) string {
	if c, err := r.Cookie(cookieName); err == nil && c.Value != "" && len(c.Value) <= maxVisitor {
		return c.Value
	}
	id := s.NewID()
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	return id
}

func (s *service) cartPath(w http.ResponseWriter, r *http.Request) string {
	return "/api/cart/" + url.PathEscape(s.visitor(w, r))
}
