-- The most memory that a worker of an account needed of late, in bytes: alone in its child, and together
-- with the workers that shared one. A run that needs less lets it fall by an eighth.

ALTER TABLE sync_state ADD COLUMN peak_alone INTEGER CHECK (peak_alone >= 0);
ALTER TABLE sync_state ADD COLUMN peak_shared INTEGER CHECK (peak_shared >= 0);
