//! The token that guards the endpoint. It is sent as the `Authorization` header, as it is (aws-facts §10).

use std::fs;
use std::path::Path;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::credential::is_visible;

/// A token that can be guessed guards nothing: 16 characters of a random one are 64 bits at the least.
const SHORTEST: usize = 16;
const RANDOM_BYTES: usize = 32;

/// The token.
pub struct Token(Zeroizing<String>);

impl Token {
    /// From a file.
    ///
    /// # Errors
    /// In words: it can't be read, or SDKs would not send it as it is.
    pub fn read(path: &Path) -> Result<Self, String> {
        let refused = |why: &str| format!("{} holds no token: {why}", path.display());
        let text = fs::read_to_string(path).map(Zeroizing::new);
        let text = text.map_err(|error| format!("the token can't be read: {}: {error}", path.display()))?;
        if text.ends_with('\n') {
            return Err(refused("it ends with a newline, which SDKs refuse or send along; write it with printf %s"));
        }
        if !is_visible(&text) {
            return Err(refused("it has characters that are no visible ASCII"));
        }
        match text.len() {
            ..SHORTEST => Err(refused(&format!("it is shorter than {SHORTEST} characters"))),
            _ => Ok(Self(text)),
        }
    }

    /// A new one, which nobody can guess.
    ///
    /// # Errors
    /// If the kernel gives no random numbers.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; RANDOM_BYTES]);
        getrandom::fill(&mut *bytes)?;
        let mut text = Zeroizing::new(String::with_capacity(2 * RANDOM_BYTES));
        let digit = |half: u8| char::from_digit(half.into(), 16).expect("half a byte is a hex digit");
        bytes.iter().for_each(|byte| text.extend([digit(byte >> 4), digit(byte & 15)]));
        Ok(Self(text))
    }

    /// Whether a header is it. How long that takes tells nothing but the length.
    pub fn is(&self, header: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(header).into()
    }

    /// As it is, for whoever is to send it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
