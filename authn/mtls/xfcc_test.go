package mtls_test

import (
	"testing"

	"github.com/go-sallyport/sallyport/authn/mtls"
)

// The values are those of Envoy's documentation, and their hostile neighbours.
func TestLastElement(t *testing.T) {
	for value, want := range map[string]mtls.Element{
		`By=http://frontend.lyft.com;Hash=468e;Subject="/C=US/ST=CA/L=San Francisco/OU=Lyft/CN=Test Client";URI=http://testclient.lyft.com`: {
			By: "http://frontend.lyft.com", Hash: "468e", URI: "http://testclient.lyft.com", URIs: 1},
		`By=a://1;Hash=1;URI=b://1,By=a://2;Hash=2;URI=b://2;URI=b://3`: {By: "a://2", Hash: "2", URI: "b://2", URIs: 2},
		`By=a://1;By=a://2;Hash=1;DNS=a.example;DNS=b.example`:          {By: "a://1|a://2", Hash: "1", DNS: "a.example", DNSs: 2},
		`hash=1;CERT="a%0A";cHAIN=b`:                                    {Hash: "1", Cert: "a%0A", Chain: "b"},
		`Hash=1 ,	Hash=2`:                                               {Hash: "2"},
		`Hash=1;Subject=""`:                                             {Hash: "1"},
		`Subject="a\",Hash=9,b";Hash=1`:                                 {Hash: "1"},
		`Subject="a,Hash=9;\\";Hash=1`:                                  {Hash: "1"},
		`Subject="a\\\",\"";Hash=1`:                                     {Hash: "1"},
		`Hash=1,Subject="a\\",Hash=2`:                                   {Hash: "2"},
		`URI="a://b,c"`:                                                 {URI: "a://b,c", URIs: 1},
		`URI=a://b?c=d`:                                                 {URI: "a://b?c=d", URIs: 1},
		`URI=`:                                                          {URIs: 1},
		`Hash=1 ;URI=a `:                                                {Hash: "1", URI: "a", URIs: 1},
		`Hash="1" `:                                                     {Hash: "1"},
		`New=x;Hash=1`:                                                  {Hash: "1"},
		`Hash="1"`:                                                      {Hash: "1"},
		`Hash="1" , Hash="2"`:                                           {Hash: "2"},
		"DNS=\"\xff\"":                                                  {DNS: "\xff", DNSs: 1},
	} {
		if got, ok := mtls.LastElement(value); !ok || got != want {
			t.Errorf("%s: %v %+v", value, ok, got)
		}
	}
	for _, value := range []string{
		``, `,`, `;`, `Hash`, `=1`, `Hash=1,`, `Hash=1;`, `,Hash=1`, `;Hash=1`, `Hash=1,,Hash=2`, `Hash=1;;URI=a`, `Hash=1;Hash=1`, `Cert=`, `Hash=""`, `Cert=a;cert=b`,
		`Chain=a;Chain=a`, `Subject="";Subject=""`, `Hash="1`, `Hash="1\"`, `Hash="1\`, `Hash=1"2"`, `Hash="1"2`, `Hash="1""2"`, `Hash=a\b`, `Ha sh=1`, ` Hash=1`,
		`Hash=1; URI=a`, `Hash =1`, `Subject="a\\";Hash=1"`, `Hash=1,"Hash"=2`, `Hash="1" x`, `Hash="1" ;URI=a`,
	} {
		if got, ok := mtls.LastElement(value); ok {
			t.Errorf("%s: %+v", value, got)
		}
	}
}
