//! What crosses the process boundary between `bulkhead` and `worker-child`, and nothing else.
//!
//! *Not here:* anything that opens a file, a socket or a database, or asks for the time.
