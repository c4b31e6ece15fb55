"""`/paintings`: a member's own finished paintings, shown and handed out again."""
