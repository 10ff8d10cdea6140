//! Where people sign in and where the console is, by partition (aws-facts §5).

use super::Page;

/// Who sends the browser, if the config does not say.
const ISSUER: &str = "credadmin";

/// The two hosts of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hosts {
    /// Where a session becomes a URL.
    pub sign_in: &'static str,
    /// Where the URL leads.
    pub console: &'static str,
}

/// Those of the partition that a role is in; `None` for partitions whose hosts are not public.
pub fn of(role_arn: &str) -> Option<Hosts> {
    let (sign_in, console) = match role_arn.split(':').nth(1)? {
        "aws" => ("https://signin.aws.amazon.com", "https://console.aws.amazon.com"),
        "aws-cn" => ("https://signin.amazonaws.cn", "https://console.amazonaws.cn"),
        "aws-us-gov" => ("https://signin.amazonaws-us-gov.com", "https://console.amazonaws-us-gov.com"),
        "aws-eusc" => ("https://eusc-de-east-1.signin.amazonaws-eusc.eu", "https://console.amazonaws-eusc.eu"),
        _ => return None,
    };
    Some(Hosts { sign_in, console })
}

impl Hosts {
    /// Whether a URL is a page of this console, or of another of its hosts, such as those of a region.
    pub fn has(&self, url: &str) -> bool {
        let host = url.strip_prefix("https://").and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
        let domain = self.console.trim_start_matches("https://");
        host == domain || host.strip_suffix(domain).is_some_and(|before| before.ends_with('.'))
    }

    /// The page to open: the one that is named, else that of the bucket, else that of S3.
    pub fn destination(&self, page: &Page) -> String {
        match (&page.destination, &page.bucket) {
            (Some(url), _) => url.clone(),
            (None, Some(bucket)) => format!("{}/s3/buckets/{bucket}", self.console),
            (None, None) => format!("{}/s3/home", self.console),
        }
    }
}

impl Page {
    /// Who sends the browser.
    pub fn issuer(&self) -> &str {
        self.issuer.as_deref().unwrap_or(ISSUER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_partition_has_its_own_hosts_and_an_unknown_one_has_none() {
        let hosts = |partition: &str| of(&format!("arn:{partition}:iam::123456789012:role/S"));
        for (partition, domain) in [
            ("aws", "aws.amazon.com"),
            ("aws-cn", "amazonaws.cn"),
            ("aws-us-gov", "amazonaws-us-gov.com"),
            ("aws-eusc", "amazonaws-eusc.eu"),
        ] {
            let Hosts { sign_in, console } = hosts(partition).expect("a public partition");
            assert!(sign_in.ends_with(&format!("signin.{domain}")), "{sign_in}");
            assert_eq!(console, format!("https://console.{domain}"));
        }
        assert_eq!((hosts("aws-iso"), of("no ARN")), (None, None));
    }

    #[test]
    fn a_page_is_one_of_the_consoles_hosts_and_no_look_alike() {
        let hosts = of("arn:aws:iam::123456789012:role/S").unwrap();
        for (url, is_one) in [
            ("https://console.aws.amazon.com", true),
            ("https://console.aws.amazon.com/s3/buckets/b", true),
            ("https://eu-central-1.console.aws.amazon.com/s3/buckets/b?region=eu-central-1", true),
            ("https://s3.console.aws.amazon.com?x", true),
            ("http://console.aws.amazon.com/", false),
            ("https://console.aws.amazon.com.example.com/", false),
            ("https://evilconsole.aws.amazon.com/", false),
            ("https://console.aws.amazon.com@example.com/", false),
            ("https://example.com/console.aws.amazon.com", false),
            ("https://console.amazonaws.cn/", false),
        ] {
            assert_eq!(hosts.has(url), is_one, "{url}");
        }
    }

    #[test]
    fn the_page_is_the_one_named_else_the_buckets_else_that_of_s3() {
        let hosts = of("arn:aws-cn:iam::123456789012:role/S").unwrap();
        let mut page = Page::default();
        assert_eq!((hosts.destination(&page).as_str(), page.issuer()), ("https://console.amazonaws.cn/s3/home", "credadmin"));
        page.bucket = Some("sensitive".into());
        assert_eq!(hosts.destination(&page), "https://console.amazonaws.cn/s3/buckets/sensitive");
        page.destination = Some("https://console.amazonaws.cn/cloudwatch/home".into());
        page.issuer = Some("https://intranet.example.com/".into());
        assert_eq!(hosts.destination(&page), "https://console.amazonaws.cn/cloudwatch/home");
        assert_eq!(page.issuer(), "https://intranet.example.com/");
    }
}
