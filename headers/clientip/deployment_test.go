package clientip_test

import (
	"net/http"
	"net/netip"
	"testing"

	"github.com/go-sallyport/sallyport/headers/clientip"
)

func prefixes(texts ...string) (all []netip.Prefix) {
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// deployments are the configurations of the table in doc.go. Each has the headers that
// the documentation of the platform describes, for the client 203.0.113.5 that has sent
// the address 192.0.2.66 in every header that the platform reads.
var deployments = []struct {
	name, docs string
	cfg        clientip.Config
	peer       string
	header     http.Header
	hops       int
}{
	{"nginx", "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#var_proxy_add_x_forwarded_for",
		// proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for and X-Forwarded-Proto $scheme.
		clientip.Config{Header: clientip.XForwardedFor, Proxies: prefixes("10.0.0.7/32")}, "10.0.0.7",
		http.Header{"X-Forwarded-For": {"192.0.2.66, 203.0.113.5"}, "X-Forwarded-Proto": {"https"}}, 1},
	{"nginx, X-Real-IP", "https://nginx.org/en/docs/http/ngx_http_core_module.html#var_remote_addr",
		// proxy_set_header X-Real-IP $remote_addr.
		clientip.Config{Header: clientip.SingleHeader("X-Real-IP"), Proxies: prefixes("10.0.0.7/32")}, "10.0.0.7",
		http.Header{"X-Forwarded-For": {"192.0.2.66"}, "X-Real-Ip": {"203.0.113.5"}, "X-Forwarded-Proto": {"https"}}, 1},
	{"Kubernetes ingress-nginx", "https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/configmap/#use-forwarded-headers",
		// use-forwarded-headers is false by default, so that the controller overwrites the headers of the client.
		clientip.Config{Header: clientip.XForwardedFor, Proxies: prefixes("10.244.0.0/16")}, "10.244.1.9",
		http.Header{"X-Real-Ip": {"203.0.113.5"}, "X-Forwarded-For": {"203.0.113.5"}, "X-Forwarded-Proto": {"https"}, "X-Forwarded-Scheme": {"https"},
			"X-Forwarded-Host": {"service.example"}, "X-Forwarded-Port": {"443"}, "X-Scheme": {"https"}, "X-Original-Forwarded-For": {"192.0.2.66"}}, 1},
	{"AWS ALB", "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html",
		clientip.Config{Header: clientip.XForwardedFor, Proxies: prefixes("172.31.0.0/20", "172.31.16.0/20")}, "172.31.20.4",
		http.Header{"X-Forwarded-For": {"192.0.2.66, 203.0.113.5"}, "X-Forwarded-Proto": {"https"}, "X-Forwarded-Port": {"443"}}, 1},
	{"AWS ALB, client port preserved", "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html",
		clientip.Config{Header: clientip.XForwardedFor, Proxies: prefixes("172.31.0.0/20", "172.31.16.0/20")}, "172.31.20.4",
		http.Header{"X-Forwarded-For": {"192.0.2.66, 203.0.113.5:41234"}, "X-Forwarded-Proto": {"https"}, "X-Forwarded-Port": {"443"}}, 1},
	{"AWS CloudFront, ALB", "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html#RequestCustomIPAddresses",
		// CloudFront appends the viewer, and the ALB the address of CloudFront.
		clientip.Config{Header: clientip.XForwardedFor, TrustedHops: 2, Proxies: prefixes("172.31.0.0/20"), ProtoHeader: "CloudFront-Forwarded-Proto"}, "172.31.2.4",
		http.Header{"X-Forwarded-For": {"192.0.2.66, 203.0.113.5, 130.176.1.2"}, "X-Forwarded-Proto": {"http"}, "Cloudfront-Forwarded-Proto": {"https"}}, 2},
	{"AWS CloudFront, ALB, viewer address", "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html",
		clientip.Config{Header: clientip.SingleHeader("CloudFront-Viewer-Address"), Proxies: prefixes("172.31.0.0/20"), ProtoHeader: "CloudFront-Forwarded-Proto"}, "172.31.2.4",
		http.Header{"X-Forwarded-For": {"192.0.2.66, 203.0.113.5, 130.176.1.2"}, "Cloudfront-Viewer-Address": {"203.0.113.5:46532"}, "Cloudfront-Forwarded-Proto": {"https"}}, 1},
	{"Cloudflare", "https://developers.cloudflare.com/fundamentals/reference/http-headers/",
		clientip.Config{Header: clientip.SingleHeader("CF-Connecting-IP"), Proxies: prefixes("173.245.48.0/20", "2400:cb00::/32")}, "173.245.49.1",
		http.Header{"Cf-Connecting-Ip": {"203.0.113.5"}, "X-Forwarded-For": {"192.0.2.66,203.0.113.5"}, "X-Forwarded-Proto": {"https"},
			"Cf-Visitor": {`{"scheme":"https"}`}, "Cf-Ipcountry": {"XX"}, "Cf-Ray": {"230b030023ae2822-SJC"}}, 1},
	{"Google Cloud Application Load Balancer", "https://cloud.google.com/load-balancing/docs/https#x-forwarded-for_header",
		// The load balancer appends the client and its own address.
		clientip.Config{Header: clientip.XForwardedFor, TrustedHops: 2, Proxies: prefixes("35.191.0.0/16", "130.211.0.0/22")}, "35.191.3.4",
		http.Header{"X-Forwarded-For": {"192.0.2.66,203.0.113.5,34.8.9.10"}, "X-Forwarded-Proto": {"https"}, "Via": {"1.1 google"}}, 2},
	{"Azure Application Gateway", "https://learn.microsoft.com/en-us/azure/application-gateway/how-application-gateway-works#modifications-to-the-request",
		clientip.Config{Header: clientip.XForwardedFor, Proxies: prefixes("10.21.0.0/24")}, "10.21.0.5",
		http.Header{"X-Forwarded-For": {"192.0.2.66, 203.0.113.5:41234"}, "X-Forwarded-Proto": {"https"}, "X-Forwarded-Port": {"443"}, "X-Original-Host": {"service.example"}}, 1},
	{"Fly", "https://fly.io/docs/networking/request-headers/",
		clientip.Config{Header: clientip.SingleHeader("Fly-Client-IP"), DangerouslyAnyPeer: true}, "172.16.5.10",
		http.Header{"Fly-Client-Ip": {"203.0.113.5"}, "X-Forwarded-For": {"192.0.2.66, 203.0.113.5, 66.241.124.5"}, "X-Forwarded-Proto": {"https"},
			"Fly-Forwarded-Port": {"443"}, "X-Forwarded-Port": {"443"}, "X-Forwarded-Ssl": {"on"}, "Fly-Region": {"ams"}}, 1},
	{"Heroku", "https://devcenter.heroku.com/articles/http-routing#heroku-headers",
		clientip.Config{Header: clientip.XForwardedFor, Proxies: prefixes("10.0.0.0/8")}, "10.1.45.23",
		http.Header{"X-Forwarded-For": {"192.0.2.66, 203.0.113.5"}, "X-Forwarded-Proto": {"https"}, "X-Forwarded-Port": {"443"}, "Via": {"1.1 vegur"}}, 1},
	{"Render", "https://rohitpaulk.com/articles/render-rails-remote-ip",
		// Cloudflare appends the client, and the router of Render the address of Cloudflare. Render documents
		// neither; a customer has published what its service received.
		clientip.Config{Header: clientip.XForwardedFor, TrustedHops: 2, DangerouslyAnyPeer: true}, "10.21.157.68",
		http.Header{"X-Forwarded-For": {"192.0.2.66, 203.0.113.5, 104.22.17.40"}, "X-Forwarded-Proto": {"https"}}, 2},
}

func TestDeployments(t *testing.T) {
	for _, tc := range deployments {
		t.Run(tc.name, func(t *testing.T) {
			m := mustNew(t, tc.cfg)
			r := request(tc.peer+":4711", "")
			r.Header = tc.header
			d := m.Check(r)
			if summary(d) != "203.0.113.5 resolved" || d.Scheme != "https" || d.SchemeReason != "proxy" || d.Host != "service.example" || d.Hops != tc.hops {
				t.Errorf("%s: %+v", tc.docs, d)
			}

			// A request that reaches the service without the proxies. Any peer is
			// trusted only where the configuration says so.
			r.RemoteAddr = "198.51.100.9:4711"
			d = m.Check(r)
			if trusted := summary(d) != "198.51.100.9 untrusted_peer"; trusted != tc.cfg.DangerouslyAnyPeer || !trusted && d.Scheme != "http" {
				t.Errorf("without the proxies: %+v", d)
			}

			// A request without the headers, such as a health check of the platform.
			r = request(tc.peer+":4711", "")
			if d = m.Check(r); summary(d) != tc.peer+" absent" || d.Scheme != "http" || d.SchemeReason != "absent" {
				t.Errorf("without the headers: %+v", d)
			}
		})
	}
}

// No header that a platform passes on, or appends to, lets a client choose its address.
func TestDeploymentsAreNotForged(t *testing.T) {
	for _, tc := range deployments {
		m := mustNew(t, tc.cfg)
		for _, name := range []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip", "Cf-Connecting-Ip", "True-Client-Ip", "Fly-Client-Ip", "Cloudfront-Viewer-Address", "X-Client-Ip"} {
			r := request(tc.peer+":4711", "")
			for k, v := range tc.header {
				r.Header[k] = v
			}
			switch _, set := tc.header[name]; {
			case name == "X-Forwarded-For" && set:
				r.Header[name] = append([]string{"192.0.2.66, 192.0.2.67", "10.0.0.7"}, tc.header[name]...)
			case !set:
				r.Header[name] = []string{"192.0.2.66"}
			}
			if d := m.Check(r); summary(d) != "203.0.113.5 resolved" {
				t.Errorf("%s, %s: %+v", tc.name, name, d)
			}
		}
	}
}
