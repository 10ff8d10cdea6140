//! What is shown, each on a host of its own.

mod audit;
mod bad_config;
mod catalog;
mod doctor;
mod drop_ins;
mod faults;
mod journal_faults;
mod journald;
mod life;
mod network;
mod overrides;
mod package;
mod pair;
mod pair_torture;
mod sandbox;
mod start;
mod story;
mod watchdog;

use crate::host::Host;

/// What is shown, and on which host.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// Makes it.
    pub host: fn() -> Host,
    /// Panics where something is not as it has to be.
    pub show: fn(&Host),
}

macro_rules! scenarios {
    ($($host:ident: $($part:ident::$name:ident),*;)*) => {
        &[$($(
            (concat!(stringify!($part), "::", stringify!($name)), Scenario { host: Host::$host, show: $part::$name }),
        )*)*]
    };
}

const ALL: &[(&str, Scenario)] = scenarios![
    new:
    start::a_start_returns_when_the_session_is_published,
    start::a_denied_secret_keeps_nothing_from_starting,
    journald::the_fields_join_the_journal_to_what_aws_recorded,
    journald::no_secret_material_is_anywhere_in_the_journal,
    journald::a_stuck_journal_holds_nothing_up,
    journald::a_journal_that_restarts_gets_the_next_event,
    life::a_restart_publishes_nothing_twice,
    life::after_kill_9_systemd_starts_it_again_and_nothing_is_published_twice,
    life::a_reload_is_whole_or_not_at_all,
    life::sigusr1_tells_how_things_stand,
    bad_config::a_refused_config_is_not_started_again,
    bad_config::a_proxy_before_the_metadata_service_is_refused,
    drop_ins::a_grant_opens_and_closes_with_its_file,
    drop_ins::a_bad_file_disturbs_no_other,
    drop_ins::a_thousand_files_at_once,
    sandbox::the_unit_is_scored_by_systemd,
    sandbox::with_vpc_endpoints_alone_it_reaches_nothing_else,
    sandbox::the_process_is_shut_in,
    watchdog::a_stuck_process_is_killed_and_started_again,
    catalog::journalctl_explains_each_event,
    audit::the_journal_tells_who_had_access_and_nobody_else_can,
    doctor::doctor_finds_what_an_administrator_has_changed,
    pair::two_daemons_publish_each_session_once,
    pair_torture::a_pair_in_trouble_publishes_each_session_once_and_comes_to_rest,
    overrides::a_unit_with_another_config_runs_on_it,
    overrides::a_link_to_dev_null_is_nothing,
    faults::no_name_is_resolved,
    faults::the_disk_is_full,
    faults::no_file_descriptor_is_left,
    faults::no_memory_is_left,
    faults::the_process_is_stopped_while_windows_open_and_close,
    journal_faults::lines_are_lost_and_counted_when_the_journal_is_stuck,
    journal_faults::the_journal_is_full,
    network::systemd_waits_for_the_network_before_it_starts_it,
    network::a_late_network_delays_and_breaks_nothing;
    bare:
    package::the_deb_is_installed_and_starts_nothing_before_it_is_told_to,
    package::the_deb_explains_itself,
    package::an_upgrade_of_the_deb_restarts_the_daemon_and_keeps_the_config,
    package::a_deb_that_is_removed_stops_and_one_that_is_purged_leaves_nothing,
    package::those_who_approve_drop_in_grants_beside_a_config_that_they_cannot_read,
    package::the_rpm_is_installed_upgraded_and_erased,
    package::the_binary_and_the_sbom_name_the_same_crates,
    story::from_the_request_to_the_record,
    story::revoked_before_its_end,
    story::whoever_asks_is_known_to_a_busy_journal,
    story::the_consumers_unit_hands_the_session_to_who_has_the_token;
];

/// Those with names that begin so need the packages.
pub const OF_PACKAGES: [&str; 2] = ["package::", "story::"];

/// Their names, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, _)| *name)
}

/// The one of that name.
pub fn named(wanted: &str) -> Option<Scenario> {
    ALL.iter().find(|(name, _)| *name == wanted).map(|(_, scenario)| *scenario)
}
