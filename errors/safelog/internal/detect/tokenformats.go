package detect

// A tokenFormat is the form of the keys of a vendor: a fixed prefix, and then at
// least so many bytes of a set. Vendors make their keys longer from time to time,
// so there is no greatest length, and the least length is often a little below
// the length of today.
type tokenFormat struct {
	prefix string
	least  int               // least number of bytes after the prefix
	in     func(c byte) bool // reports whether the key may have c after the prefix
	before int               // letters and digits before the prefix that belong to the key
}

// tokenAnchors are the bytes at which a token is searched: the first of them in
// its prefix that follows another byte. In ordinary text they are rare, or follow
// other letters than in a prefix. The one format without an anchor is searched at
// its first byte, a colon after a number.
const tokenAnchors = "-_.IF"

// tokenFormats are the known formats. Each group names its package or the documentation of
// its vendor. Some vendors do not publish the lengths; then the keys that they issue
// tell them. Not listed are identifiers that open nothing by themselves, keys for
// publication, and prefixes that are ordinary words.
var tokenFormats = [...]tokenFormat{
	// The refresh tokens and the session cookies of package authn/session. A token that is cut
	// off before its end still has most of its secret.
	{"rt1_", 90, isBase64URL, 0}, {"st1_", 64, isBase64URL, 0},
	// GitHub: https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github
	{"ghp_", 36, isAlnum, 0}, {"gho_", 36, isAlnum, 0}, {"ghu_", 36, isAlnum, 0}, {"ghs_", 36, isAlnum, 0}, {"ghr_", 36, isAlnum, 0},
	{"github_pat_", 40, isBase64URL, 0},
	// GitLab: https://docs.gitlab.com/security/tokens/
	{"glpat-", 20, isDotted, 0}, {"gldt-", 20, isDotted, 0}, {"glrt-", 20, isDotted, 0}, {"glcbt-", 20, isDotted, 0},
	{"glptt-", 40, isAlnum, 0}, {"glft-", 20, isBase64URL, 0}, {"glimt-", 25, isBase64URL, 0}, {"glagent-", 40, isBase64URL, 0},
	{"gloas-", 60, isAlnum, 0}, {"glsoat-", 20, isBase64URL, 0}, {"glffct-", 20, isBase64URL, 0},
	// Slack tokens: https://docs.slack.dev/authentication/tokens
	{"xoxb-", 20, isBase64URL, 0}, {"xoxp-", 20, isBase64URL, 0}, {"xoxa-", 20, isBase64URL, 0}, {"xoxr-", 20, isBase64URL, 0},
	{"xoxs-", 20, isBase64URL, 0}, {"xoxe-", 20, isBase64URL, 0}, {"xapp-", 20, isBase64URL, 0},
	// Slack webhooks: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
	{"hooks.slack.com/services/", 20, isPath, 0}, {"hooks.slack.com/workflows/", 20, isPath, 0},
	{"hooks.slack.com/triggers/", 20, isPath, 0},
	// Stripe: https://docs.stripe.com/keys and https://docs.stripe.com/webhooks
	{"sk_live_", 16, isAlnum, 0}, {"sk_test_", 16, isAlnum, 0}, {"rk_live_", 16, isAlnum, 0}, {"rk_test_", 16, isAlnum, 0},
	{"whsec_", 24, isBase64, 0},
	// AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
	{"AKIA", 16, isUpperAlnum, 0}, {"ASIA", 16, isUpperAlnum, 0}, {"ABIA", 16, isUpperAlnum, 0},
	// Google API keys: https://cloud.google.com/docs/authentication/api-keys
	{"AIza", 35, isBase64URL, 0},
	// Google OAuth: https://developers.google.com/identity/protocols/oauth2
	{"ya29.", 30, isDotted, 0}, {"GOCSPX-", 24, isBase64URL, 0},
	// Alibaba Cloud: https://www.alibabacloud.com/help/en/ram/user-guide/create-an-accesskey-pair
	{"LTAI", 12, isAlnum, 0},
	// DigitalOcean: https://docs.digitalocean.com/reference/api/create-personal-access-token/
	{"dop_v1_", 64, isHex, 0}, {"doo_v1_", 64, isHex, 0}, {"dor_v1_", 64, isHex, 0},
	// Heroku: https://devcenter.heroku.com/articles/authentication
	{"HRKU-", 40, isBase64URL, 0},
	// Fly.io: https://fly.io/docs/security/tokens/
	{"fm2_", 60, isBase64, 0}, {"fo1_", 40, isBase64URL, 0},
	// Render: https://render.com/docs/api
	{"rnd_", 24, isAlnum, 0},
	// Netlify: https://docs.netlify.com/api-and-cli-guides/api-guides/get-started-with-api
	{"nfp_", 36, isAlnum, 0},
	// Supabase: https://supabase.com/docs/guides/api/api-keys
	{"sb_secret_", 20, isBase64URL, 0}, {"sbp_", 40, isHex, 0},
	// PlanetScale: https://planetscale.com/docs/concepts/service-tokens
	{"pscale_tkn_", 32, isDotted, 0}, {"pscale_pw_", 32, isDotted, 0}, {"pscale_oauth_", 32, isDotted, 0},
	// HashiCorp Vault: https://developer.hashicorp.com/vault/docs/concepts/tokens
	{"hvs.", 24, isBase64URL, 0}, {"hvb.", 24, isBase64URL, 0}, {"hvr.", 24, isBase64URL, 0},
	// HCP Terraform: https://developer.hashicorp.com/terraform/cloud-docs/users-teams-organizations/api-tokens
	{".atlasv1.", 60, isBase64URL, 14},
	// Pulumi: https://www.pulumi.com/docs/pulumi-cloud/access-management/access-tokens/
	{"pul-", 40, isHex, 0},
	// Doppler: https://docs.doppler.com/docs/service-tokens
	{"dp.pt.", 40, isAlnum, 0}, {"dp.st.", 40, isDotted, 0},
	// 1Password: https://developer.1password.com/docs/service-accounts/
	{"ops_eyJ", 100, isBase64, 0},
	// age: https://github.com/FiloSottile/age
	{"AGE-SECRET-KEY-1", 58, isUpperAlnum, 0},
	// Tailscale: https://tailscale.com/kb/1277/key-prefixes
	{"tskey-", 20, isBase64URL, 0},
	// npm: https://docs.npmjs.com/about-access-tokens
	{"npm_", 36, isAlnum, 0},
	// PyPI: https://pypi.org/help/#apitoken
	{"pypi-", 50, isBase64URL, 0},
	// RubyGems: https://guides.rubygems.org/api-key-scopes/
	{"rubygems_", 48, isHex, 0},
	// Clojars: https://github.com/clojars/clojars-web/wiki/Deploy-Tokens
	{"CLOJARS_", 60, isAlnum, 0},
	// Docker Hub: https://docs.docker.com/security/access-tokens/
	{"dckr_pat_", 24, isBase64URL, 0}, {"dckr_oat_", 24, isBase64URL, 0},
	// CircleCI: https://circleci.com/changelog/new-format-for-api-access-tokens/
	{"CCIPAT_", 60, isBase64URL, 0}, {"CCIPRJ_", 60, isBase64URL, 0},
	// Buildkite: https://buildkite.com/docs/platform/security/tokens
	{"bkua_", 40, isAlnum, 0}, {"bkaa_", 40, isAlnum, 0}, {"bkaj_", 40, isBase64URL, 0},
	// SonarQube: https://docs.sonarsource.com/sonarqube-server/2026.1/user-guide/managing-tokens
	{"squ_", 40, isHex, 0}, {"sqp_", 40, isHex, 0}, {"sqa_", 40, isHex, 0},
	// Sourcegraph: https://sourcegraph.com/docs/cli/how-tos/creating_an_access_token
	{"sgp_", 40, isJoinedHex, 0},
	// OpenAI: https://platform.openai.com/docs/api-reference/authentication
	{"sk-proj-", 40, isBase64URL, 0}, {"sk-svcacct-", 40, isBase64URL, 0}, {"sk-admin-", 40, isBase64URL, 0}, {"sk-", 48, isAlnum, 0},
	// Anthropic: https://docs.anthropic.com/en/api/getting-started
	{"sk-ant-", 40, isBase64URL, 0},
	// OpenRouter: https://openrouter.ai/docs/api-reference/authentication
	{"sk-or-v1-", 64, isHex, 0},
	// Groq: https://console.groq.com/docs/quickstart
	{"gsk_", 48, isAlnum, 0},
	// Perplexity: https://docs.perplexity.ai/
	{"pplx-", 40, isAlnum, 0},
	// xAI: https://docs.x.ai/docs/overview
	{"xai-", 70, isAlnum, 0},
	// Hugging Face: https://huggingface.co/docs/hub/security-tokens
	{"hf_", 34, isAlnum, 0},
	// Replicate: https://replicate.com/docs/topics/security/api-tokens
	{"r8_", 37, isAlnum, 0},
	// Twilio SendGrid: https://www.twilio.com/docs/sendgrid/ui/account-and-settings/api-keys
	{"SG.", 60, isDotted, 0},
	// Brevo: https://developers.brevo.com/docs/getting-started
	{"xkeysib-", 64, isBase64URL, 0},
	// Telegram bots: https://core.telegram.org/bots/api#authorizing-your-bot
	{":AA", 33, isBase64URL, 8},
	// Discord webhooks: https://discord.com/developers/docs/resources/webhook
	{"discord.com/api/webhooks/", 60, isPath, 0}, {"discordapp.com/api/webhooks/", 60, isPath, 0},
	// Microsoft Teams webhooks:
	// https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook
	{"webhook.office.com/webhookb2/", 36, isPath, 0},
	// Shopify: https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens
	{"shpat_", 32, isHex, 0}, {"shpca_", 32, isHex, 0}, {"shppa_", 32, isHex, 0}, {"shpss_", 32, isHex, 0},
	// Square: https://developer.squareup.com/docs/build-basics/access-tokens
	{"sq0atp-", 22, isBase64URL, 0}, {"sq0csp-", 40, isBase64URL, 0},
	// Plaid: https://plaid.com/docs/api/items/
	{"access-production-", 36, isJoinedHex, 0}, {"access-sandbox-", 36, isJoinedHex, 0},
	// Flutterwave: https://developer.flutterwave.com/docs/authentication
	{"FLWSECK-", 32, isBase64URL, 0}, {"FLWSECK_TEST-", 32, isBase64URL, 0},
	// Shippo: https://docs.goshippo.com/docs/guides_general/authentication/
	{"shippo_live_", 40, isHex, 0}, {"shippo_test_", 40, isHex, 0},
	// HubSpot: https://developers.hubspot.com/docs/guides/apps/private-apps/overview
	{"pat-na1-", 36, isJoinedHex, 0}, {"pat-eu1-", 36, isJoinedHex, 0},
	// Atlassian: https://support.atlassian.com/atlassian-account/docs/manage-api-tokens-for-your-atlassian-account/
	{"ATATT3xFfGF0", 60, isBase64, 0},
	// Linear: https://linear.app/developers/graphql
	{"lin_api_", 32, isAlnum, 0},
	// Notion: https://developers.notion.com/docs/authorization
	{"ntn_", 40, isAlnum, 0},
	// Figma: https://www.figma.com/developers/api#access-tokens
	{"figd_", 40, isBase64URL, 0},
	// Typeform: https://www.typeform.com/developers/get-started/personal-access-token/
	{"tfp_", 40, isDotted, 0},
	// Contentful: https://www.contentful.com/developers/docs/references/authentication/
	{"CFPAT-", 43, isBase64URL, 0},
	// Postman: https://learning.postman.com/docs/developer/postman-api/authentication/
	{"PMAK-", 59, isJoinedHex, 0},
	// ReadMe: https://docs.readme.com/main/reference/intro/authentication
	{"rdme_", 60, isAlnum, 0},
	// Dropbox: https://www.dropbox.com/developers/documentation/http/documentation
	{"sl.", 100, isBase64URL, 0},
	// Mapbox: https://docs.mapbox.com/help/getting-started/access-tokens/
	{"sk.eyJ", 60, isDotted, 0},
	// New Relic: https://docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys/
	{"NRAK-", 27, isAlnum, 0},
	// Grafana: https://grafana.com/docs/grafana/latest/administration/service-accounts/
	{"glsa_", 41, isBase64URL, 0}, {"glc_eyJ", 32, isBase64, 0},
	// Sentry: https://docs.sentry.io/account/auth-tokens/
	{"sntrys_", 60, isBase64, 0}, {"sntryu_", 64, isHex, 0},
	// Dynatrace: https://docs.dynatrace.com/docs/dynatrace-api/basics/dynatrace-api-authentication
	{"dt0c01.", 89, isDotted, 0},
	// Prefect: https://docs.prefect.io/
	{"pnu_", 36, isAlnum, 0},
}
