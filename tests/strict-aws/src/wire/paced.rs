//! Answers, and how a broken server sends them.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderValue};
use hyper::{Response, StatusCode};
use jiff::Timestamp;
use tokio::time::{Sleep, sleep};

use crate::fault::Fault;

/// An answer before it is sent.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn new(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, content_type, headers: Vec::new(), body: body.into() }
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Sends it, well or as the fault says. `Date` is AWS's clock, by which an SDK corrects its own.
    pub(super) fn send(self, now: Timestamp, fault: Option<&Fault>) -> Response<Paced> {
        let pace = match fault {
            Some(Fault::Reset) => Pace::HalfThenBreak,
            Some(Fault::HalfBody) => Pace::HalfThenSilence,
            Some(Fault::Drip) => Pace::Drip(Box::pin(sleep(Duration::ZERO))),
            _ => Pace::Whole,
        };
        let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let mut response = Response::builder()
            .status(StatusCode::from_u16(self.status).expect("a scripted status is 200..=599"))
            .header(CONTENT_TYPE, self.content_type)
            .header(CONTENT_LENGTH, HeaderValue::from(self.body.len()))
            .header(DATE, date);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response.body(Paced { left: self.body.into(), pace }).expect("headers made of plain text")
    }
}

/// A body that comes at its own pace.
pub(super) struct Paced {
    left: Bytes,
    pace: Pace,
}

enum Pace {
    Whole,
    HalfThenBreak,
    HalfThenSilence,
    Drip(Pin<Box<Sleep>>),
    Break,
    Silence,
}

/// The server closes the connection without a word.
#[derive(Debug)]
pub(super) struct Hangup;

impl fmt::Display for Hangup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the script says to hang up")
    }
}

impl std::error::Error for Hangup {}

impl Body for Paced {
    type Data = Bytes;
    type Error = Hangup;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Hangup>>> {
        let left = self.left.len();
        let (count, next) = match &mut self.pace {
            Pace::Silence => return Poll::Pending,
            Pace::Break => return Poll::Ready(Some(Err(Hangup))),
            _ if left == 0 => return Poll::Ready(None),
            Pace::Whole => (left, Pace::Whole),
            Pace::HalfThenBreak => (left / 2, Pace::Break),
            Pace::HalfThenSilence => (left / 2, Pace::Silence),
            Pace::Drip(pause) => {
                ready!(pause.as_mut().poll(cx));
                (1, Pace::Drip(Box::pin(sleep(Duration::from_secs(1)))))
            }
        };
        self.pace = next;
        Poll::Ready(Some(Ok(Frame::data(self.left.split_to(count)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty() && matches!(self.pace, Pace::Whole)
    }
}
