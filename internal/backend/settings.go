package backend

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/umgateway/umgateway/internal/exchange"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

// Settings describe a backend. The tags name them in the configuration file and, after "backend-", as flags.
type Settings struct {
	URLs            []string `name:"url" yaml:"url" placeholder:"URL" help:"Address of the web service, such as https://mail.example.com/UnifiedMessaging/Service.asmx. Repeat it for further endpoints of the same backend."`
	Dialect         string   `name:"dialect" yaml:"dialect" enum:"umws,ews" default:"umws" help:"What the server speaks: ${enum} (${default}). umws is the Unified Messaging web service, ews is Exchange Web Services."`
	ServerVersion   string   `name:"server-version" yaml:"server_version" default:"Exchange2010" help:"RequestServerVersion for ews (${default})."`
	Namespace       string   `name:"namespace" yaml:"namespace" enum:"auto,http,https" default:"auto" help:"Scheme of the XML namespace that the server knows: ${enum} (${default})."`
	FolderIDElement string   `name:"folder-id-element" yaml:"folder_id_element" enum:"base64FolderID,base64FolderId" default:"base64FolderID" help:"Spelling of the folder id's element in SetTelephoneAccessFolderEmail: ${enum} (${default})."`

	Auth               string `name:"auth" yaml:"auth" default:"none" help:"How to sign in: none, basic, ntlm, kerberos, negotiate (Kerberos where krb5.conf knows the user's realm, else NTLM), or several with commas between them, the preferred first (${default})."`
	Identity           string `name:"identity" yaml:"identity" enum:"service,caller-basic,mapped,impersonated" default:"service" help:"As whom to act: ${enum} (${default}). caller-basic forwards the caller's own Basic credential; mapped signs in with the account, and impersonated has the service's account act for the mailbox, that a file names for the caller."`
	IdentitiesFile     string `name:"identities-file" yaml:"identities_file" placeholder:"FILE" help:"File in YAML that names the account of each caller, for the identity mapped, or the mailbox, for impersonated. It is read again when it changes."`
	Username           string `name:"username" yaml:"username" placeholder:"USER" help:"Account of the identity service: DOMAIN\\user or user@example.com."`
	PasswordFile       string `name:"password-file" yaml:"password_file" placeholder:"FILE" help:"File with the account's password. It is read again when it changes."`
	Keytab             string `name:"keytab" yaml:"keytab" placeholder:"FILE" help:"Kerberos keytab of the account."`
	CCache             string `name:"ccache" yaml:"ccache" placeholder:"FILE" help:"Kerberos credential cache of the account."`
	Krb5Conf           string `name:"krb5-conf" env:"UMGATEWAY_BACKEND_KRB5_CONF" yaml:"krb5_conf" placeholder:"FILE" help:"Kerberos configuration (KRB5_CONFIG, or else /etc/krb5.conf)."`
	SPN                string `name:"spn" yaml:"spn" placeholder:"NAME" help:"Service principal name (HTTP/ and the host of the address)."`
	AllowInsecureBasic bool   `name:"allow-insecure-basic" yaml:"allow_insecure_basic" help:"Let Basic credentials go over plain http."`
	NoChannelBindings  bool   `name:"no-channel-bindings" yaml:"no_channel_bindings" help:"Do not bind the sign-in to the TLS channel, for servers behind something that ends TLS."`

	CAFile        string `name:"ca-file" yaml:"ca_file" placeholder:"FILE" help:"Certificates that the server's must lead to, instead of the system's."`
	CertFile      string `name:"cert-file" yaml:"cert_file" placeholder:"FILE" help:"Client certificate, with --backend-key-file."`
	KeyFile       string `name:"key-file" yaml:"key_file" placeholder:"FILE" help:"Private key of the client certificate."`
	ServerName    string `name:"server-name" yaml:"server_name" placeholder:"HOST" help:"Name in the server's certificate (the host of the address)."`
	TLSMinVersion string `name:"tls-min-version" yaml:"tls_min_version" enum:"1.0,1.1,1.2,1.3" default:"1.2" help:"Least version of TLS: ${enum} (${default}). Below 1.2 the gateway warns."`

	MaxConns   int           `name:"max-conns" yaml:"max_conns" default:"128" help:"Connections to one endpoint at most (${default})."`
	MaxWaiters int           `name:"max-waiters" yaml:"max_waiters" default:"1000" help:"Calls that may wait for one endpoint (${default})."`
	Probe      time.Duration `name:"probe" yaml:"probe" default:"0s" help:"Ask an endpoint that saw no call for this long how it is. By default nothing is sent that no caller asked for."`
}

// The identity modes.
const (
	IdentityService      = "service"      // one account for all calls
	IdentityCallerBasic  = "caller-basic" // the caller's own user name and password
	IdentityMapped       = "mapped"       // the account that a file names for the authenticated caller
	IdentityImpersonated = "impersonated" // one account, for the mailbox that a file names for the authenticated caller
)

const authNone = "none"

// Check refuses settings that contradict each other, as Open does. All contradictions are reported.
func (s Settings) Check() error { return s.CheckAs("backend") }

// CheckAs is Check for a backend under a name, with which each contradiction is reported.
func (s Settings) CheckAs(name string) error {
	var errs []error
	require := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf("%s: %w", name, fmt.Errorf(format, args...)))
		}
	}
	signsIn := s.Auth != authNone && s.Auth != ""
	schemes, err := transport.ParseAuth(s.Auth)
	if signsIn && err != nil {
		return fmt.Errorf("%s: auth: %w", name, err) // nobody knows what it would need
	}
	secrets := 0
	for _, secret := range [...]string{s.PasswordFile, s.Keytab, s.CCache} {
		if secret != "" {
			secrets++
		}
	}
	require(len(s.URLs) > 0, "url: an address is required")
	for _, address := range s.URLs {
		err := transport.CheckURL(address)
		require(err == nil, "url: %w", err)
	}
	require((s.CertFile == "") == (s.KeyFile == ""), "cert-file and key-file: either needs the other")
	require(secrets <= 1, "password-file, keytab and ccache: give one of them")
	require(s.Probe == 0 || s.Dialect != exchange.EWS, "probe: ews has no operation that only reads and needs no argument")
	require(s.Namespace != "https" || s.Dialect != exchange.EWS, "namespace https: ews knows only http")
	switch s.Identity {
	case IdentityService, IdentityImpersonated, "":
		byTicket := slices.Contains(schemes, transport.SchemeKerberos)
		require(!byTicket || secrets == 1, "auth %s: a password-file, keytab or ccache is required", s.Auth)
		require(!byTicket || s.Username != "" || s.PasswordFile == "", "auth %s: a username is required", s.Auth)
		require(!signsIn || byTicket || s.Username != "" && s.PasswordFile != "", "auth %s: a username and a password-file are required", s.Auth)
		require(signsIn || secrets == 0 && s.Username == "", "auth: username, password-file, keytab and ccache are of no use without it")
	case IdentityCallerBasic:
		require(signsIn, "identity caller-basic: auth must say how the caller's credential is shown to the backend")
		require(s.Probe == 0, "identity caller-basic: there is no account to probe with")
		require(secrets == 0 && s.Username == "", "identity caller-basic: username, password-file, keytab and ccache do not go with it")
	case IdentityMapped:
		require(signsIn, "identity mapped: auth must say how the accounts sign in")
		require(s.Probe == 0, "identity mapped: there is no account to probe with")
		require(secrets == 0 && s.Username == "", "identity mapped: username, password-file, keytab and ccache do not go with it")
	default:
		require(false, "identity %q: want service, caller-basic, mapped or impersonated", s.Identity)
	}
	require(s.perCaller() == (s.IdentitiesFile != ""), "identities-file: the identities mapped and impersonated need it, others do not")
	require(s.Identity != IdentityImpersonated || s.Dialect == exchange.EWS, "identity impersonated: only ews can act for another mailbox")
	return errors.Join(errs...)
}

// perCaller tells whether a file says as whom the calls of each caller are carried out.
func (s Settings) perCaller() bool {
	return s.Identity == IdentityMapped || s.Identity == IdentityImpersonated
}

// OwnAccount tells whether calls that no caller makes can be carried out: by the account of the service, for itself.
func (s Settings) OwnAccount() bool { return s.Identity == IdentityService || s.Identity == "" }
