//! `credadmin timeline`: the model, the three ways to draw it, and the command.

mod browser;
mod picture;
mod scene;

use std::process::Output;

use credadmin::grant::Span;
use credadmin::history::Reach;
use credadmin::sheet::Sheet;
use credadmin::timeline::{Glyphs, Timeline, html, svg, terminal};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use roxmltree::{Document, Node};

use crate::harness::Credadmin;
use crate::told::{Told, at, watched};
use scene::{CONFIG, HOSTILE, NOW, crowd, hostile, scene, show, told};

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

fn plain(sheet: &Sheet) -> String {
    sheet.iter().map(|line| line.iter().map(|(_, text)| text.as_str()).collect::<String>() + "\n").collect()
}

fn kept(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/credadmin/timeline").join(name);
    std::fs::read_to_string(path).expect(name)
}

fn span(opens: &str, closes: &str) -> Span {
    Span { opens: at(opens), closes: at(closes) }
}

#[test]
fn past_and_plan_are_one() {
    let timeline = scene();
    let [archive, s3] = &timeline.lanes[..] else { panic!("{:?}", timeline.lanes) };
    let gap = span("2024-03-30T19:00:00Z", "2024-03-30T20:00:00Z");
    assert_eq!((archive.windows.len(), &archive.gaps[..]), (1, &[gap][..]));
    assert_eq!(archive.troubles.len(), 1);
    // The window that is open now is one: opened by the journal, to close by the plan. The other opens at a time that this
    // night does not have, 02:30, which is 03:30.
    let windows: Vec<(Span, &str)> = s3.windows.iter().map(|(span, grant)| (*span, grant.as_str())).collect();
    assert_eq!(
        windows,
        [
            (span("2024-03-30T23:00:00Z", "2024-03-31T02:00:00Z"), "night"),
            (span("2024-03-31T01:30:00Z", "2024-03-31T05:30:00Z"), "early"),
        ]
    );
    assert_eq!((s3.sessions.iter().filter(|session| !session.is_planned).count(), s3.gaps.len()), (3, 0), "{:?}", s3.sessions);
    let planned: Vec<Span> = s3.sessions.iter().filter(|session| session.is_planned).map(|session| session.span).collect();
    assert!(planned.iter().all(|session| session.opens >= at(NOW)), "{planned:?}");
    assert_eq!(planned.iter().map(|session| session.closes).max(), Some(at("2024-03-31T05:30:00Z")));
    assert_eq!(timeline.idle, [span("2024-03-30T17:00:00Z", "2024-03-30T18:20:00Z")]);
    assert_eq!(timeline.unknown, [span("2024-03-30T15:00:00Z", "2024-03-30T15:30:00Z")]);
}

#[test]
fn the_session_that_the_journal_knows_is_not_planned_once_more() {
    let secrets = watched(CONFIG, NOW);
    let secret = &secrets[1].secret;
    let now = at(NOW);
    let planned =
        credadmin::schedule::plan::sessions(now, now + SignedDuration::from_secs(1), &secret.cadence, &secrets[1].grants);
    let mut told = told();
    let ends = planned[0].ends.to_string();
    told.on("a", "2024-03-31T00:20:00Z", &crate::told::published(secret, &[&secrets[1].grants[1]], &ends, 6));
    let count = |told: &Told| {
        let timeline = show(&told.ledger(), &Reach::new());
        timeline.lanes[1].sessions.iter().filter(|session| session.span.closes == planned[0].ends).count()
    };
    assert_eq!((count(&self::told()), count(&told)), (1, 1));
}

#[test]
fn a_window_without_sessions_is_a_gap_and_a_revoked_session_ends_early() {
    let secrets = watched(CONFIG, NOW);
    let (secret, grant) = (&secrets[1].secret, &secrets[1].grants[1]);
    let mut told = Told::default();
    told.on("a", "2024-03-30T23:00:00Z", &crate::told::opened(secret, grant));
    told.on("a", "2024-03-30T23:00:01Z", &crate::told::published(secret, &[grant], "2024-03-31T00:00:00Z", 1));
    told.on("a", "2024-03-30T23:19:40Z", &crate::told::revoked(secret, "2024-03-30T23:20:00Z"));
    told.on("a", "2024-03-30T23:20:10Z", &crate::told::revocation(secret, "2024-03-30T23:20:00Z", true));
    let timeline = show(&told.ledger(), &Reach::new());
    let lane = &timeline.lanes[1];
    // Now a session is planned at once.
    assert_eq!(lane.gaps, [span("2024-03-30T23:20:00Z", NOW)]);
    assert!(lane.sessions[0].is_revoked && lane.troubles.len() == 1);
}

#[test]
fn without_a_past_the_future_is_shown_and_without_a_config_the_past() {
    let zone = TimeZone::UTC;
    let timeline = Timeline::new(None, &watched(CONFIG, NOW), scene::span(), at(NOW), zone.clone());
    assert_eq!(timeline.unknown, [span("2024-03-30T15:00:00Z", NOW)]);
    assert!(timeline.lanes.iter().flat_map(|lane| &lane.windows).all(|(window, _)| window.opens >= at(NOW)));
    let (ledger, reach) = (told().ledger(), Reach::new());
    let past = credadmin::timeline::Past { ledger: &ledger, reach: &reach };
    let timeline = Timeline::new(Some(past), &[], scene::span(), at(NOW), zone);
    assert_eq!(timeline.lanes.iter().map(|lane| lane.name.as_str()).collect::<Vec<_>>(), ["archive", "sensitive-s3"]);
    assert!(timeline.lanes.iter().flat_map(|lane| &lane.sessions).all(|session| !session.is_planned));
}

#[test]
fn rows_for_a_terminal() {
    let timeline = scene();
    let rows = plain(&terminal(&timeline, 80, &Glyphs::UNICODE));
    assert_eq!(rows, kept("unicode.txt"), "\n{rows}");
    let rows = plain(&terminal(&timeline, 60, &Glyphs::ASCII));
    assert_eq!(rows, kept("ascii.txt"), "\n{rows}");
    assert!(rows.is_ascii());
    for width in [0, 1, 30, 500] {
        let rows = plain(&terminal(&timeline, width, &Glyphs::ASCII));
        let of_lanes = rows.lines().skip_while(|line| !line.starts_with("archive (")).take(3);
        assert!(of_lanes.clone().all(|line| line.len() <= width.max(20)), "{width}: {rows}");
    }
}

/// The elements of this class.
fn of_class<'a, 'i>(document: &'a Document<'i>, class: &str) -> Vec<Node<'a, 'i>> {
    document.descendants().filter(|node| node.attribute("class") == Some(class)).collect()
}

#[test]
fn the_picture_is_xml_whatever_anybody_is_called() {
    for timeline in [scene(), hostile(), crowd()] {
        let picture = svg(&timeline);
        let document = Document::parse(&picture).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(document.root_element().tag_name().namespace(), Some("http://www.w3.org/2000/svg"));
        let names = document.descendants().filter(|node| node.is_element()).map(|node| node.tag_name().name());
        let strange: Vec<&str> =
            names.filter(|name| ["script", "img", "foreignObject", "a", "image", "use"].contains(name)).collect();
        assert_eq!(strange, [""; 0]);
        let places =
            document.descendants().flat_map(|node| node.attributes()).filter_map(|attribute| attribute.value().strip_suffix('%'));
        assert!(places.map(|place| place.parse::<f64>().expect("a number")).all(|place| (0.0..=100.0).contains(&place)));
    }
    let picture = svg(&hostile());
    let document = Document::parse(&picture).expect("XML");
    assert!(
        of_class(&document, "window")
            .iter()
            .any(|bar| bar.descendants().any(|node| node.text().is_some_and(|text| text.starts_with(HOSTILE))))
    );
}

#[test]
fn the_shapes_are_where_their_time_is() {
    let picture = svg(&scene());
    let document = Document::parse(&picture).expect("XML");
    let extent = |class: &str| {
        let bars = of_class(&document, class)
            .into_iter()
            .filter(|bar| bar.children().any(|child| child.has_tag_name("title") || child.tag_name().name() == "title"));
        let number = |bar: &Node, name: &str| {
            bar.attribute(name).and_then(|text| text.strip_suffix('%')).and_then(|text| text.parse::<f64>().ok())
        };
        bars.map(|bar| (number(&bar, "x").expect("x"), number(&bar, "width").expect("width"))).collect::<Vec<_>>()
    };
    // Of 19 hours: the gap from the 4th to the 5th.
    let [(x, width)] = extent("gap")[..] else { panic!("one gap") };
    assert!((x - 400.0 / 19.0).abs() < 0.01 && (width - 100.0 / 19.0).abs() < 0.01, "{x} {width}");
    assert_eq!((extent("window").len(), extent("coming").len()), (2, 2));
    let shifts = of_class(&document, "shift");
    assert!(shifts.len() == 3 && shifts[0].attribute("x1") == Some("52.632%"), "an axis and two lanes, at 01:00 UTC");
    let title = shifts[0].descendants().find_map(|node| node.text()).expect("a title");
    assert_eq!(title, "Europe/Berlin: 02:00 CET becomes 03:00 CEST");
    assert_eq!(of_class(&document, "now").len(), 2);
}

#[test]
fn the_page_needs_nothing_else() {
    for timeline in [scene(), hostile(), crowd()] {
        let page = html(&timeline);
        for part in
            ["<script", "<img", "<link", "src=", "href=", "@import", "http:", "https:", "onerror=alert(1)>\"", "javascript"]
        {
            let shown = page.replace("&lt;script", "").replace("&lt;img src=x", "");
            assert!(!shown.contains(part), "{part}");
        }
        assert!(page.contains("default-src 'none'") && page.contains("name=\"viewport\" content=\"width=device-width"));
        let urls: Vec<&str> = page.split("url(").skip(1).filter_map(|rest| rest.split(')').next()).collect();
        assert!(urls.iter().all(|url| url.starts_with('#')), "{urls:?}");
        assert!(page.contains("prefers-color-scheme:dark"));
    }
}

#[test]
fn a_hundred_secrets_for_a_week_are_a_page() {
    let timeline = crowd();
    let page = html(&timeline);
    assert_eq!((timeline.lanes.len(), page.matches("<section class=\"lane\">").count()), (100, 100));
    assert!(timeline.lanes.iter().map(|lane| lane.sessions.len()).sum::<usize>() > 18_000, "it is much");
    assert!(page.len() < 3_000_000, "{} bytes", page.len());
    let rows = plain(&terminal(&timeline, 120, &Glyphs::UNICODE));
    assert!(rows.lines().count() < 320, "{}", rows.lines().count());
}

fn run(credadmin: &Credadmin, args: &[&str]) -> Output {
    credadmin.run_to_end(&[&["timeline"], args].concat())
}

#[test]
fn the_command_says_what_it_can_not_show() {
    let lines = told().text();
    let credadmin = Credadmin::new(CONFIG).write("journal.json", &lines).env("TZ", "UTC");
    let journal = credadmin.path("journal.json");
    let journal = journal.to_str().expect("text");
    let time = ["--from", "2024-03-30T15:00:00Z", "--until", "2024-03-31T03:00:00Z"];
    let output = run(&credadmin, &[&time[..], &["--journal", journal]].concat());
    let said = text(&output.stdout);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    assert!(said.starts_with("Sat 2024-03-30 15:00:00 UTC to Sun 2024-03-31 03:00:00 UTC (UTC)\n") && said.is_ascii(), "{said}");
    assert!(said.contains("archive (Archive)\n") && said.contains('#') && !said.contains("now is"), "{said}");
    assert!(said.lines().all(|line| line.len() <= 80 || line.contains(", ")), "80 columns where nobody says: {said}");

    let output = run(&credadmin, &[&time[..], &["--journal", "/nonexistent"]].concat());
    let said = text(&output.stdout);
    assert!(said.contains("the past is not shown: /nonexistent: No such file or directory") && output.status.success(), "{said}");

    let output = run(&credadmin, &["--journal", journal, "--past", "1h", "--for", "2d", "--format", "svg"]);
    assert!(Document::parse(text(&output.stdout)).is_ok() && output.status.success());
    // As far as --past and --for reach together.
    let longest = ["--from", "2024-01-01T00:00:00Z", "--until", "2026-01-02T00:00:00Z", "--journal", journal];
    assert!(run(&credadmin, &longest).status.success());
    credadmin.remove("credadmin.toml");
    let output = run(&credadmin, &[&time[..], &["--journal", journal]].concat());
    let said = text(&output.stdout);
    assert!(said.contains("credadmin.toml is not there: the future is not shown\n") && said.contains("sensitive-s3"), "{said}");
    credadmin.rewrite("credadmin.toml", "region = 5");
    assert_eq!(run(&credadmin, &["--journal", journal]).status.code(), Some(78));
    for args in [
        ["--from", "2024-03-30T15:00:00Z", "--until", "2024-03-30T15:00:00Z"],
        ["--from", "2024-01-01T00:00:00Z", "--until", "2026-01-02T00:00:01Z"],
        ["--past", "0s", "--for", "0s"],
    ] {
        let output = run(&credadmin, &args);
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(text(&output.stderr), "error: --until has to be later than --from, by 732 days at most\n");
    }
    let output = run(&credadmin, &["--zone", "Europe/Atlantis"]);
    assert!(text(&output.stderr).contains("wanted: a time zone of the system's tzdata, such as Europe/Berlin"));
}

#[test]
fn colour_is_for_terminals_unless_it_is_asked_for() {
    let colored = |variable: Option<&str>, args: &[&str]| {
        let credadmin = Credadmin::new(CONFIG);
        let credadmin = variable.into_iter().fold(credadmin, |credadmin, name| credadmin.env(name, "1"));
        let output = credadmin.run_to_end(args);
        assert!(output.status.success(), "{args:?}");
        text(&output.stdout).contains("\u{1b}[")
    };
    let plan = ["plan", "--at", "2026-12-01T00:00:00Z"];
    let timeline = ["timeline", "--past", "0s"];
    for args in [&plan[..], &timeline[..]] {
        let with = |color: &'static str| [args, &["--color", color][..]].concat();
        assert!(!colored(None, args) && colored(Some("CLICOLOR_FORCE"), args), "{args:?}");
        assert!(colored(None, &with("always")) && colored(Some("NO_COLOR"), &with("always")), "{args:?}");
        assert!(!colored(Some("CLICOLOR_FORCE"), &with("never")) && !colored(Some("NO_COLOR"), args), "{args:?}");
    }
    assert!(!colored(Some("CLICOLOR_FORCE"), &[&plan[..], &["--format", "json"]].concat()), "machines want none");
}
