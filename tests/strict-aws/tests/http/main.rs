//! The double over loopback HTTP: the real SDKs, plain signed requests, and a server that misbehaves as it is told.

mod faults;
mod metadata;
mod plain;
mod scene;
mod sdk;
mod signin;
