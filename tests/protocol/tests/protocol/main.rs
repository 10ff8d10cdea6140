//! The model searched, the model broken on purpose, and the model beside the real daemon.

mod departures;
mod host;
mod replay;
mod search;
mod secret;
