package access

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"
)

// maxTokenAnswer bounds the answer of a token service.
const maxTokenAnswer = 1 << 20

var challengeParam = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(realm|service|scope)="([^"\\]*)"`)
})

// exchange asks a token service. One that does not know the exchange of identity tokens,
// which is a POST, is asked by GET with a user and password, as docker's clients do.
func (t *realms) exchange(req *http.Request) (*http.Response, error) {
	resp, err := t.send(req)
	if err != nil || req.Method != http.MethodPost {
		return resp, err
	}
	if resp.StatusCode != http.StatusNotFound && resp.StatusCode != http.StatusMethodNotAllowed {
		return resp, err
	}
	again, err := t.byGET(req)
	if err != nil || again == nil {
		return resp, err
	}
	resp.Body.Close()
	return t.send(again)
}

// byGET is the request for a token as it was before identity tokens; nil if the login has
// no user name to send.
func (t *realms) byGET(post *http.Request) (*http.Request, error) {
	if post.GetBody == nil {
		return nil, nil
	}
	body, err := post.GetBody()
	if err != nil {
		return nil, err
	}
	form, err := io.ReadAll(io.LimitReader(body, maxTokenAnswer))
	body.Close()
	if err != nil {
		return nil, err
	}
	asked, err := url.ParseQuery(string(form))
	if err != nil {
		return nil, err
	}
	f, err := t.account.get(post.Context())
	if err != nil {
		return nil, err
	}
	login := f.secret()
	if login.Username == "" {
		return nil, nil
	}
	if login.Password == "" {
		login.Password = asked.Get("refresh_token")
	}
	get := post.Clone(post.Context())
	get.Method, get.Body, get.GetBody, get.ContentLength = http.MethodGet, nil, nil, 0
	get.Header.Del("Content-Type")
	get.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(login.Username+":"+login.Password)))
	query := get.URL.Query()
	query.Set("account", login.Username)
	if s := asked.Get("service"); s != "" {
		query.Set("service", s)
	}
	for scope := range strings.FieldsSeq(asked.Get("scope")) {
		query.Add("scope", scope)
	}
	get.URL.RawQuery = query.Encode()
	return get, nil
}

// send sends one request for a token and reads a good answer to its end.
func (t *realms) send(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	note(req.Context(), func(v *Visit) {
		v.TokenMethods, v.TokenStatus = append(v.TokenMethods, req.Method), resp.StatusCode
	})
	if resp.StatusCode != http.StatusOK {
		return resp, nil
	}
	resp.Request = req
	body, err := ReadBody(resp, maxTokenAnswer)
	if err != nil {
		return nil, &TokenError{bare(req.URL), err.Error()}
	}
	var answer struct {
		Token       string  `json:"token"`
		AccessToken string  `json:"access_token"`
		ExpiresIn   float64 `json:"expires_in"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return nil, &TokenError{bare(req.URL), "it answered with something that is not JSON"}
	}
	if answer.AccessToken == "" {
		answer.AccessToken = answer.Token
	}
	if answer.AccessToken == "" {
		return nil, &TokenError{bare(req.URL), "it answered without one"}
	}
	token := ReadToken(answer.AccessToken)
	t.account.keep(token)
	note(req.Context(), func(v *Visit) {
		v.Token, v.TokenLife = token, time.Duration(min(max(answer.ExpiresIn, 0), 1e9))*time.Second
	})
	// What the two ways of asking give differs in the member's name.
	clear(body)
	body, err = json.Marshal(map[string]string{"token": answer.AccessToken, "access_token": answer.AccessToken})
	if err != nil {
		return nil, err
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp.Header.Del("Content-Length")
	return resp, nil
}
