//! Where the seller's web app is, and the key that it knows us by: from the environment.

use std::ffi::OsString;

use shared::secret::Secret;

/// The variable with the web app's URL.
pub const URL: &str = "WEB_APP_URL";
/// The variable with the key.
pub const KEY: &str = "INTERNAL_API_KEY";
/// Where it refreshes the tokens of all accounts.
const REFRESH: &str = "/api/admin/internal/refresh-tokens";

/// The web app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebApp {
    base: String,
    /// The key that it knows us by.
    pub key: Secret,
}

impl WebApp {
    /// The web app of this environment; an error names the variable that is missing or wrong.
    pub fn find(variables: impl Fn(&str) -> Option<OsString>) -> Result<Self, String> {
        let set = |name: &'static str| {
            let value = variables(name).and_then(|value| value.into_string().ok());
            let value = value.filter(|value| !value.trim().is_empty());
            value
                .ok_or_else(|| format!("accounts with tokens from the web app need {name}: set it"))
        };
        let base = set(URL)?.trim().trim_end_matches('/').to_owned();
        if !base.starts_with("https://") && !base.starts_with("http://") {
            return Err(format!("{URL} is no URL: write https:// and the host"));
        }
        let key = Secret::new(set(KEY)?.trim().to_owned());
        Ok(Self { base, key })
    }

    /// The URL of this path.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// The URL that refreshes the tokens of all accounts.
    pub fn refresh(&self) -> String {
        self.at(REFRESH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_variables_or_an_error_that_names_one() {
        let find = |url: &str, key: &str| {
            WebApp::find(|name| Some(OsString::from(if name == URL { url } else { key })))
        };
        let found = find("https://app.example/base//\n", " canary ").unwrap();
        assert_eq!(found.at("/x"), "https://app.example/base/x");
        assert_eq!(
            found.refresh(),
            format!("https://app.example/base{REFRESH}")
        );
        assert_eq!(found.key.expose(), "canary");
        for (url, key, named) in [("", "k", URL), ("https://a", " ", KEY), ("app", "k", URL)] {
            let error = find(url, key).unwrap_err();
            assert!(error.contains(named), "{error}");
        }
        assert!(WebApp::find(|_| None).is_err());
    }
}
