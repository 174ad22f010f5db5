//! What dead children and dead supervisors leave behind.
