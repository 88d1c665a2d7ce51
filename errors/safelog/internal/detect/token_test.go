package detect

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// tokenExamples has a made-up key of each format, of the length that the vendor
// issues. Each is written in two parts, so that scanners of repositories do not
// report it.
var tokenExamples = []string{
	"rt1_" + "K2FQ7ZJ4XWNB6TYD3HVLRM5GSPOKC2FQ7ZJ4XWNB6TYD3HVLRM5G_SPOKCU7EAI2ZQWX4RTVB6YNHM3JUK5LOPAS7DFGHJ2KLQ4WERTY6_" +
		"UIOPAS3DFGH5JKLZX7CVBNM2QW",
	"st1_" + "K2FQ7ZJ4XWNB6TYD3HVLRM5GSP_OKCU7EAI2ZQWX4RTVB6YNHM3JUK5LOPAS7DFGHJ2KLQ4WERTY6UI",
	"ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a",
	"gho_" + "U8JZpDE0iGXlD6gNCFbaEPFjbD0kH8Oool8D",
	"ghu_" + "klZDOCj2ISaJiHkTj0rLGlkoMXGjtEkDnNfr",
	"ghs_" + "ibxUdl7dXTPyLsxPFkThf4VucSmEHgaKwVJ7",
	"ghr_" + "faC9qEwjky40UVsWmflzdE1F8ResqEDusTpkr0cStY4qWB8dWKnHfDNxSIvPZZ63fFKcZjR4I0b3",
	"github_pat_" + "jRtaWr4Y9OJFLJOqOAf1lL_QSAJaiXnkU8Is2g8nprvDd53x83rzjZZZZGeoZDMENcKHVmDGAkJiG8XnBE",
	"glpat-" + "x1Y2z3A4b5C6d7E8f9G0",
	"gldt-" + "awTgsu8PO-799nKSNrhe",
	"glrt-" + "t3_UCauSDmLhuVtcqcYezdZ_tDDj8Q.6bebb2737",
	"glcbt-" + "64_8Zra9A9sKPxZ9W3qLy7Z",
	"glptt-" + "255404e4fb440034d6608697a8d41bed440e5045",
	"glft-" + "S8PHp9NHfYjFM5DI4pZs",
	"glimt-" + "Rcgizeg8Psh4487Q7j58M1cIa",
	"glagent-" + "Py4oJe2JbmPTuSgR7cMy-UcU3zr1ZtoLuCr64CxqlIOdNKhiF5",
	"gloas-" + "584d8c4fa2815d2802827283e0ad84173581569969e58b081006f7e3dfc967a6",
	"glsoat-" + "RzsGQBJg3UHKwkflF6XK",
	"glffct-" + "i5AhuqpfEnbtXAqwK8jg",
	"xoxb-" + "123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx",
	"xoxp-" + "338014126906-044319829657-249208682889-072014b3ce107f80e222f828767efc2f",
	"xoxa-" + "2-409319254499-207074137484-777183417047-2e8c662248b483b7ffc050fec94dbca3",
	"xoxr-" + "505561304451-669156404104-234685356068-621de49f14",
	"xoxs-" + "27654444634-78612213878-37576283312-a2a7b860dc",
	"xoxe-" + "1-avhNYRVwDfRk9XIrghoy32NFR5PYZpcb9T2039BICbtw5ze9lfAEZ7770h2dcPyGOJJhrG80usp2w5dFjxCAyIOk6CptT9IoQh" +
		"obswHGETh8lMYQOymAAiTdR9Up14PehPjPB9atpTDBMf4rpa",
	"xapp-" + "1-AFQO1XO5CV0-5630481373433-e7893f57fd14c1604d115cea325a65e19cbae530282bd36cb9d21f6be6abf0d7",
	"hooks.slack.com/" + "services/T00000000/B00000000/zoxZCYCdEz6DQMvE5mVXRV99",
	"hooks.slack.com/" + "workflows/T0000000/A000000/904544091031776467/I7fLAz7vT0sxJmPU3UdXyymF",
	"hooks.slack.com/" + "triggers/T0000000/8362361078852/d328263dfe574de739988b886e757749",
	"sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc",
	"sk_test_" + "46lMUEZQPghOpzGpdCGAe40O1c6XC4SOHDMm0lM7EXg3LcmQxxq8AGomtnWNCXVJCNQCmup6N0A0UarXLnTENCyfjeEaGyZqjJo",
	"rk_live_" + "iFpKZsRaSqTa9DTvk4WaaB3x",
	"rk_test_" + "zXpMZuZN8Ab5KbH0FZk4XdxK",
	"whsec_" + "IADjJpz6ZFkn7XvgKJWSKhK7EGYfwzy9",
	"AK" + "IAIOSFODNN7EXAMPLE",
	"AS" + "IAMTIC6UDYFKOZM6LN",
	"AB" + "IACZKYWHJPMCCUHY5T",
	"AI" + "zaSyDaGmWKa4JsXZ-HjGw7ISLn_3namBGewQe",
	"ya29." + "a01nf2xv54WCA-7e56W8zNIQt3uL4FFQKoKGwRDIOYQ-kVcIsgUpj6Sg9aheovEZXzUjpwVhOGu5NgyvhwvSuqK4dWGlgnoAEcTl" +
		"31uGQ-dFCGAtmNtc0mRaun",
	"GOCSPX-" + "8URBfT5MISizhBHs4_fVAFHDzXeK",
	"LT" + "AI5tD6xGAnjq8MJaMhmpgp",
	"dop_v1_" + "d59291f0cde2e5738713a818d8962058765a6ca7cff00d796c25410335b40014",
	"doo_v1_" + "1212b62c376631129f34369aad80b891baf90d0d3bf16295d06910bf3f5fb859",
	"dor_v1_" + "67f532f3ab3cc2d0b698d5c7e41ba4ea5ee874ae7689447ab57a683536c4499d",
	"HRKU-" + "AAjZNNjax7EBz3cl7CSgzAf31ddXP63ohM1fzUg296C0XpBx-NEgbUZsM6at",
	"fm2_" + "8Cvr06aXyPtHgjwzHBJ11thNcmzcy7bVQIY8cSt07lQ8tdiwg2X9Ajtfmp9+2KuTmxHKpRsBBaJlgMSdX5sTazVLmZ/bK4OPh1dR" +
		"8/H97S+f/VAUp7/l7v21==",
	"fo1_" + "JXuDCFqM9-SEb1QrMur8ak3r2gGllt_zqisa_PqYomI",
	"rnd_" + "loFyCZuj4ZikDZTGACM06emxqDyg6inY",
	"nfp_" + "nJorssm4rFNCqodowLGqL3CaxG67pAX30IyT",
	"sb_secret_" + "hmX1EoC3G_FP1z5IBxT80j_GFpeN5Jo",
	"sbp_" + "0d0032634f087e51b429fe8110102c995f1abef5",
	"pscale_tkn_" + "SOuU19x5iqljHqBTn2fwxwd5kAphi2UFkSSj_sK-wZy",
	"pscale_pw_" + "dnHy7agBx6LtIdyhp9ZYbYLXlutzTfF_vNv7KToDsjh",
	"pscale_oauth_" + "CMEa-bhj2M5QgErZXwKDGEv6-IyPLgodLyX5UvecWE8",
	"hvs." + "gtHDGh9HMSoAZm4N8pvgxPv9wV4eSB7YEUcJvR5MxCJ5rpd9OuSqcHX5S4Ti10fTDilqVh-No69OTHb9kPgZu3heeMY",
	"hvb." + "l1UHlSC4rR4AkXu3F0bjXRXdWZKL_jWaRYnZBI0Hsqk_LB09RifXuEUvAt5JPtfpwHlN_5DRCfLcXVNngDCMYhC7e4NsMWFiP7_j" +
		"OPPzRddS7yVCx1EyGurzeq3pzGpStf2BuNXIp3Zg",
	"hvr." + "CcR1y6FFEiiEMgPB3eFkOnsVPHiK7S4PQl0kjfLk6cxZu6m98nDfqcYxyBtUepp-ikblHCUIs4Hx4tNcT1rtRZjM8iy",
	"0to6tIa3GAaxjl" + ".atlasv1.P_yT1jOw56ktltyxpA_w4mXmS3wdLqpfpa2BDGg_mn33x7tFs5BIdM0vzTY1-z4rLVX",
	"pul-" + "ab29539ad5966d513b1d00909c30065f846d3453",
	"dp.pt." + "BGEK8hf0dnbzzDpArxlUJtPWRKCRoG258lEWMcnYBDO",
	"dp.st." + "prd.4Zlw9CcDnPPOCK7l2LUA530dTamQ94f8EPrYrtlO",
	"ops_" + "eyJaTZ4tfBy3PFLKWYLA4SZjXHVi3YVZpE9Hb06WjPYMdSWPbCRqBVzJPtIFMRi1yIjcd1yzPKXWNuZYo9lNT8egNO2crI8tQm5c" +
		"lXiPZmgNI3wHrgFi2RvxwYBqtkJTAYtFsLx2OUMq5GEj6XzgwTMEtTFOSI0tZSWZ26dxo4o33I7RLBXrzqsW5aBqtsdP2ZW5oGLS" +
		"HR6muOtrCZCmKbMwTJYvCjToo8Lk1OkfthQ7bqrkW7AH1wxpS5C42",
	"AGE-SECRET-KEY-" + "1R08Z5DK96EW39KMU4URDMGLVZST20S0R2KK69VNGGL700QUGKNGF048M2F",
	"tskey-" + "auth-kmd1xZ1NHsSCNTRL-AXfNCD5RTMHsTc9HKUcdkXSKjECAdwfF",
	"npm_" + "vtVvkQGpf9bfMyiUAW6FpSon7upsQpPFIvBB",
	"pypi-" + "AgEIcHlwaS5vcmcySlvXVNnpwXtodvRvgeHFNzGb_2_UmKSdUR4zLF49YbvAE2SkJH1rI4BWVwlA4sZ8Kp62i",
	"rubygems_" + "4c21a9dbf49a067e24bdb7ec83756378368f7e732d2e433e",
	"CLOJARS_" + "c56f24b1c71b106e934d263b5ba0837bbf1b3ba3178b6e0e30f328549c48",
	"dckr_pat_" + "i4BDrT-9EEJXy8U5ydJuqbnQFbK",
	"dckr_oat_" + "u7q7xtoAq9qdCf6FSSixiIhtREMZ2Muy",
	"CCIPAT_" + "SyyP3y8JrET9wVvXg2oPW3_ca1aafb77b4460ecec9524998a26259bebd2fa58",
	"bkua_" + "80587061ce6936714122a40680a06aa0fca51d12",
	"bkaa_" + "V1kq8ZtN3sXwGh5RmD0bYcLr7PuEfJ2aToQi9nKv4HxSgWzC6yMdBl1pA",
	"bkaj_" + "eyJhbGciOiJFUzI1NiJ9-V1kq8ZtN3sXwGh5RmD0bYcLr7PuEfJ2aToQi9nKv",
	"CCIPRJ_" + "ULUhR6rJLxYbyzyrP19iMZ_8fb1e3510325f7f09361de22b9420346c53ca2cb",
	"squ_" + "afc8e00aa1da5204642bbdb4a78f19e8b8480f3b",
	"sqp_" + "47c20431658b4550b7ef6bce6a0302cb17cdc708",
	"sqa_" + "08d77b6ad89f65f84992a0f75ae616b1e5d49034",
	"sgp_" + "0494b35ec2daca17_60147d301a233f4d05743bf2b672850882161db8",
	"sk-" + "proj-BpF6kq0iz2o1xTxx0SAegweZOLEGzp4o6A88rwewtIyipJchh8s9cSIuaVueWT6WFpwu2P0TgYT3BlbkFJNutm5Ljyl5O59" +
		"WTAQu-evrwgCZAhHWnjpgeh4L_LZQ2lvF4wuFl03gtexQYvIaqJK5wy1_DN77",
	"sk-" + "svcacct-7318WI4y-RBdZzFlqx6PLcJBN_Lb6HZq9H1R0GSpqYAXjhLoxgmy1Gnmf3T3BlbkFJw3gnZQGav7-SurZ6GoBI0pEjc4" +
		"lZa6z4aaHX3PGRJ_XBV_clbUSaM7MZL8",
	"sk-" + "admin-G1cg42THRFU5ldoTnhpbTdyEpwTlcLZ7TX3qzOEtPaJl-sC_LZ-jmLZR8RT3BlbkFJdmEMAsYTmGWqs59fquWOmI6MOUy7" +
		"EEFM0Q1tJvUuVLqA9mThMNeOT_iPpd",
	"sk-" + "PKkiCgQX8MSZjNI6Pu3iT3BlbkFJgP4GAG8DfyyskNsvOFwK",
	"sk-" + "ant-api03-ThD2yOlPKbdfHfJrMFbWmrK7XBo00ELfSVTsRaZcqIA9E_qIIZGu0LsU__RhmG7V3xmOIgdeZ6e_GyyrwzLdr2nAm-" +
		"CO4AA",
	"sk-" + "or-v1-fdd9e4a62bce19a285ed7361c5c8a4b57bc9fa65c00537e8b3c48d2ae89b9c1f",
	"gsk_" + "fXsBD414rHjYcTwg5JumvdC8UeIA875RJMl6kgCZLvlpRowPSxiB",
	"pplx-" + "ajapFz8roYf9tXs5RUK1kf0DyiW5IMhz4DKTvhKrT6DlTYx9",
	"xai-" + "X9sLRT58eMnU7cZGrQXZUYy9eRHN76ncg1aoKx5UCJRwieqj2qawERZXt6ZhzS2oHQcxACi0skTWm8XQ",
	"hf_" + "PEjGwmraztHTKpLuovsHxZZyvVZZfzVWLt",
	"r8_" + "3Jivhaq75SINVrE7aEgA2kqPkbZNkuRy2ry21",
	"SG." + "ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf-09kqeF8tAmbihYzrnopKc-1s5cr",
	"xkeysib-" + "4477391c94c8286793b2b023a60e4e81e11e3f79aa766907508db2823ccd71ba-qQEpekIbdr4tndMV",
	"123456789:" + "AAYOzVkYJC4ZZhZlCCIta1BhtUotnNFWt15",
	"discord.com/" + "api/webhooks/071512577155721894/xatgCYj3xU3RRBObwDBL7FaJpr7-aAfatwNMQZ464IG8Vze88SP_wIedAycEfMZAE7GZ",
	"discordapp.com/" + "api/webhooks/330896402707112282/pNwAJDKJGl6yAaDX6aPa2OLtMLeMLvjmnlS_qYAKJFObx60aKCHDR3HXl4gRgmsDpwMK",
	"webhook.office.com/" + "webhookb2/e5fa870d-0a7b-a07a-2531-adab23e5617d@266908d3-5e59-c7a8-0268-422c922202b2/IncomingWebhook/" +
		"43f8e5389cd5e3eaa60c736ba8062259/8514f31c-8271-2908-4bb5-4b8bb53759c0",
	"shpat_" + "767cb7f8013cb790fef33ef2c3ff57de",
	"shpca_" + "13628bef7a127f6c31d175a632f8ee42",
	"shppa_" + "ea368b23ff8500f17f4b4ca1b570e2e6",
	"shpss_" + "19e469a62c050bf72fbf666f69e87a1d",
	"sq0atp-" + "Wr0CvUeATh68xRhePj1TRh",
	"sq0csp-" + "RpHVd2VK50gcTi0MG3NClJkWR1JwmO5f_vY3JgwXgea",
	"access-" + "production-b821f6a0-efa5-ea7d-26dc-47bbcfb47683",
	"access-" + "sandbox-14cd2fea-bbda-5f05-cb39-676b9852e160",
	"FLWSECK-" + "d80205270575870032264fa2ba9df8a1-X",
	"FLWSECK_" + "TEST-285822184aaf4614dc90792f3246ee72-X",
	"shippo_" + "live_fd40663e78da1070796e656984517ea9ca91a291",
	"shippo_" + "test_a7457e06a3bf9232cdf287eafdbea13e284142e1",
	"pat-" + "na1-92ad24c3-1194-32a5-d575-cdab37e328cf",
	"pat-" + "eu1-759ec646-f3a7-08f4-aa5a-6d107b0811a7",
	"ATATT3" + "xFfGF0oiumvtywkOdB0fGVTngpw3nRerHsWoRG6r87brufIMPpDDdvJI_GZ7zn9wn8osntNI951BdaauuPE73DQ2LXltMcHcu3Uw" +
		"J1ZpmqX-BSwVXCOuGHaCb7TbST4D2Rhjd1b7GLArVegdWdWZO7bi2G-A4LI1So6Vbr0fZdU0t3mnUo=N2FJMUH6",
	"lin_" + "api_SLae1cxlfe8RehMelgJgKOEWsY9EZGWubVWts1Zp",
	"ntn_" + "27980075866nTKjpqvvA8rJoXr2ZyUlkrOVz8KjjZpLSHI",
	"figd_" + "Dp94_juCsp9OqgxhCvxIuBjqk_UwCJYaHRSndcHb",
	"tfp_" + "hPNSLT3YF_x2LWQmEKHUPECpVO7UNXZtZuP3py0g5d9B_WVXTsH5E4B54Cm",
	"CFPAT-" + "rySGS_WxUAAu1Yw0q9UowYibApohrU-jK-FT2K1l2AF",
	"PMAK-" + "43c83de82eb31f96288b6d8e-acf314914bc781ef02216ef29a54358a55",
	"rdme_" + "xn8s9h7f78817592ce63dfa1c7ef6853ac54fff8b3fa5a3bc34f9ac5a0a6e39ebbf65b",
	"sl." + "BYYmlfI1BaJaPeOkMYAiG2LjoB1sXBZWcNaPipxzDI2OiS2uCDG2xUvuRtvgSUUTTOPUnM_07BHe2ReAeteL9x2q8FcG5eEXZIhK" +
		"qLrK2nJ5fTWn3pN2VF_PUHkFqGNYzVda3hq",
	"sk." + "eyJdFP5dAsOqZGMaFirSXVPRqqVOCZas2bEJFEDiMQ6oGYgrfQMGq7fkzcSE7l05eIJEebIqrBsLluCytyz.JOpeGcisVu0jU44W" +
		"AQL3eo",
	"NRAK-" + "JQHHYFOAJCWFTU928MT7N4VIXW6",
	"glsa_" + "jlOnRqgIgBabqmLCiSRHxotcxXhePt73_c99c18fa",
	"glc_" + "eyJurNuc3WtTdXFwXupN0OybpvrQoXsBRjDVXaCb9mh4q39TzyOVVeGuyvvLfGXMR5fCtI5V2a39cSaJUJpLtKWRD7r2PVC2L5Db" +
		"bMJ==",
	"sntrys_" + "eyJpYXQiOxyXgHH5RcgZmQBZYLYyAvXHwUVIrCntMNBlrknOSGMt226POelxk4UHCkUhp2mFgdHPNcTa6XA5OHVZPp2bPVlPYoC=" +
		"_hyjzTRextedADqYdOmnLxm1ej9YKz9GQwwvc84FTd3N",
	"sntryu_" + "02225b0dde9bb53f3b967cba892b3ba4a3a5d0b7c056ebc875e5b10c7ac1ff65",
	"dt0c01." + "ELLQ6IK6US98I4HIRTTM8O2U.IX529KDGFC6JREL7BBO2F38PLMUVBIVXEEBHDKSRTFN2R9ADSOTF94JY83Y3MORR",
	"pnu_" + "v91gPIsTZCOGNc9yXdgWgfBnwxvz4tWZNKWf",
}

// A key is found before and behind other text, and only if it is complete.
func TestTokens(t *testing.T) {
	d := New(nil, nil)
	for _, s := range tokenExamples {
		for _, around := range [][2]string{
			{"", ""}, {"upstream refused ", "."}, {"(", "), again"}, {"é", "é"}, {s + " ", ""},
			{"https://x.example/hook?t=", ""}, {"a <b>", "</b> and <c>d</c>"}, {`{"a":"`, `","b":"c"}`},
			{`a\n`, `\nb`}, {"?q=%20", "&x=1"}, {`{"a":"\u003d`, `","b":"c"}`},
		} {
			want := strings.ReplaceAll(around[0], s, Mark) + Mark + around[1]
			got := mask(d, around[0]+s+around[1])
			if escape := strings.TrimRight(around[0], alphabet); got == escape+Mark+around[1] && !isLetter(s[0]) {
				continue // digits before a prefix, with the escape
			}
			if got != want {
				t.Errorf("%q\n got %q\nwant %q", around[0]+s+around[1], got, want)
			}
		}
		if half := "half of it: " + s[:12] + " …"; mask(d, half) != half {
			t.Errorf("%q became %q", half, mask(d, half))
		}
	}
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// A prefix at the end of a word, or before too few letters, is no key.
func TestNoTokens(t *testing.T) {
	d := New(nil, nil)
	for _, f := range tokenFormats {
		for _, s := range []string{"", "x", " " + strings.Repeat("A", 200), strings.Repeat("A", f.least-1) + "!" + strings.Repeat("A", f.least), strings.Repeat("a", 200)} {
			if in := "see " + f.prefix + s; mask(d, in) != in {
				t.Errorf("%q became %q", in, mask(d, in))
			}
		}
		in := "task" + f.prefix + strings.Repeat("A", f.least) // letters before a key belong to another word
		if f.before == 0 && mask(d, in) != in {
			t.Errorf("%q became %q", in, mask(d, in))
		}
		if anchor(f.prefix) < 0 || len(f.prefix)-anchor(f.prefix)+f.least < shortestToken {
			t.Errorf("%q: anchor %d, and fewer than %d bytes from there", f.prefix, anchor(f.prefix), shortestToken)
		}
	}
}

// Random identifiers of the usual alphabets are no keys.
func TestRandomTextIsNoToken(t *testing.T) {
	d, r := New(nil, nil), rand.New(rand.NewPCG(1, 2))
	for _, alphabet := range []string{"0123456789abcdef", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", alphabet + "-_"} {
		for range 20_000 {
			b := make([]byte, 48)
			for i := range b {
				b[i] = alphabet[r.IntN(len(alphabet))]
			}
			if s := string(b); !d.Clean("etag "+s, false) {
				t.Errorf("%q became %q", s, mask(d, s))
			}
		}
	}
}

// The slow references of tokens.
var (
	tokenStart = regexp.MustCompile(`(?s)(?:^|[^A-Za-z0-9]|\\[nrt]|%[0-9A-Fa-f]{2}|\\u.{4})$`)
	alnumRun   = regexp.MustCompile(`[A-Za-z0-9]*$`)
)

func slowToken(t text, i int) (lo, hi int)       { return slowTokens(t, i, false) }
func slowNumberToken(t text, i int) (lo, hi int) { return slowTokens(t, i, true) }

func slowTokens(t text, i int, number bool) (lo, hi int) {
	for _, f := range tokenFormats {
		lo := i - anchor(f.prefix)
		if (lo == i) != number || lo < t.from || !strings.HasPrefix(t.s[lo:], f.prefix) || number && (i == 0 || !isDigit(t.s[i-1])) {
			continue
		}
		body := t.s[lo+len(f.prefix):]
		n := strings.IndexFunc(latin(body), func(c rune) bool { return !f.in(byte(c)) })
		if n = utf8.RuneCountInString(latin(body)[:max(n, 0)]); n == 0 && body != "" && f.in(body[0]) {
			n = len(body)
		}
		whole := strings.TrimRight(body[:n], ".")
		before := min(matchedBack(alnumRun, t.s[t.from:lo]), 256)
		random := "A-Z0-9"
		if strings.HasSuffix(f.prefix, ".") {
			random = "A-Z"
		}
		switch {
		case len(whole) < f.least, !regexp.MustCompile("[" + random + "]").MatchString(body[:f.least]):
		case f.before == 0 && tokenStart.MatchString(latin(t.s[:lo])):
			return lo, lo + len(f.prefix) + len(whole)
		case f.before > 0 && before >= f.before:
			return lo - before, lo + len(f.prefix) + len(whole)
		}
	}
	return -1, 0
}
