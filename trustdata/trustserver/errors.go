package trustserver

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// apiError is an answer other than success. A detail of nil is left out of the JSON.
type apiError struct {
	status  int
	code    string
	message string
	detail  any
}

func (e *apiError) Error() string { return fmt.Sprintf("%s: %s", e.code, e.message) }

// Is compares codes, so that an error with a detail still is the one without.
func (e *apiError) Is(target error) bool {
	t, ok := target.(*apiError)
	return ok && t.code == e.code
}

func (e *apiError) withDetail(detail any) *apiError {
	c := *e
	c.detail = detail
	return &c
}

// nothing is the detail {} that the reference server gives where its own error value
// has no public fields.
var nothing = struct{}{}

// The error codes of the protocol that this server has a use for, with the reference
// server's texts.
var (
	errNotFound        = &apiError{status: http.StatusNotFound, code: "METADATA_NOT_FOUND", message: "You have requested metadata that does not exist."}
	errNoFilename      = &apiError{status: http.StatusBadRequest, code: "NO_FILENAME", message: "No file/role name provided."}
	errInvalidRole     = &apiError{status: http.StatusBadRequest, code: "INVALID_ROLE", message: "The role you are attempting to operate on is invalid."}
	errMalformedJSON   = &apiError{status: http.StatusBadRequest, code: "MALFORMED_JSON", message: "JSON sent by the client could not be parsed by the server"}
	errMalformedUpload = &apiError{status: http.StatusBadRequest, code: "MALFORMED_UPLOAD", message: "The body of your request is malformed."}
	errInvalidUpdate   = &apiError{status: http.StatusBadRequest, code: "INVALID_UPDATE", message: "Update sent by the client is invalid."}
	errVersion         = &apiError{status: http.StatusBadRequest, code: "VERSION", message: "A newer version of metadata is already available.", detail: nothing}
	errInvalidGUN      = &apiError{status: http.StatusBadRequest, code: "INVALID_GUN", message: "The server does not support actions on images of this name."}
	errParameters      = &apiError{status: http.StatusBadRequest, code: "INVALID_PARAMETERS", message: "The parameters provided are not valid."}
	errUnknown         = &apiError{status: http.StatusInternalServerError, code: "UNKNOWN", message: "unknown error"}
)

// refusal is the detail of INVALID_UPDATE: which check failed, and why.
type refusal struct {
	Name  string
	Error refusalText
}

type refusalText struct {
	Missing string `json:",omitempty"`
	Msg     string
}

// The checks that a refusal names.
const (
	badValidation = "ErrValidation"
	badRoot       = "ErrBadRoot"
	badTargets    = "ErrBadTargets"
	badSnapshot   = "ErrBadSnapshot"
	badHierarchy  = "ErrBadHierarchy"
)

func refuse(check, format string, args ...any) error {
	return updateError{errInvalidUpdate.withDetail(refusal{Name: check, Error: refusalText{Msg: fmt.Sprintf(format, args...)}})}
}

// updateError is an apiError whose text is that of its refusal, for callers in the same
// process.
type updateError struct{ *apiError }

func (e updateError) Error() string {
	r := e.detail.(refusal)
	return fmt.Sprintf("%s (%s: %s)", e.message, r.Name, r.Error.Msg)
}

func (e updateError) Unwrap() error { return e.apiError }

// writeError answers with the protocol's error envelope, which ends in a newline.
func writeError(w http.ResponseWriter, e *apiError) {
	type entry struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Detail  any    `json:"detail,omitempty"`
	}
	w.Header().Set("Content-Type", typeJSON)
	w.WriteHeader(e.status)
	// A client that hung up is nobody to tell about a failed write.
	_ = json.NewEncoder(w).Encode(struct {
		Errors []entry `json:"errors"`
	}{[]entry{{e.code, e.message, e.detail}}})
}
