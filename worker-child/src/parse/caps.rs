//! The limits under which every parser works, each with its name.

/// What a parser accepts before it answers `TooLarge`; one value serves a whole response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Longest text of one XML element or attribute, and longest single piece
    /// of markup, in bytes.
    pub text_bytes: usize,
    /// Deepest nesting of XML elements, or of JSON arrays and objects.
    pub depth: usize,
    /// Longest item as it stands in the document, in bytes.
    pub item_bytes: usize,
    /// Most elements and attributes (XML) or values (JSON) in one item. Keeps
    /// an item of `<a/><a/>…` from costing many times its size in memory.
    pub item_nodes: usize,
    /// Most bytes of everything outside the items that is kept.
    pub envelope_bytes: usize,
    /// How much XML is parsed at a time, in bytes; also the longest the
    /// parser works without giving the caller a chance to yield.
    pub window_bytes: usize,
    /// Most bytes that one response may unpack to.
    pub decoded_bytes: u64,
    /// Most bytes out per byte in, judged after the first MiB of output.
    /// Deflate itself cannot exceed 1032.
    pub ratio: u64,
}

impl Default for Caps {
    fn default() -> Self {
        Self {
            text_bytes: 1 << 20,
            depth: 64,
            item_bytes: 16 << 20,
            item_nodes: 1 << 17,
            envelope_bytes: 1 << 20,
            window_bytes: 128 << 10,
            decoded_bytes: 64 << 30,
            ratio: 1100,
        }
    }
}
