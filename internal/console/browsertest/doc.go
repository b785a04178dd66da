// Package browsertest uses the console, and the page to try the API, as people do: in a real Chromium, before the real command.
//
// It promises that a step which a test takes is one of the mouse or of the keyboard, that nothing the browser complains about
// goes unnoticed, and that each state of the page is checked for accessibility in the light and in the dark.
//
// Each check leaves a screenshot in the folder that UMGATEWAY_SCREENSHOTS names, or else in the folder umgateway-console of
// the system's folder for temporary files.
package browsertest
