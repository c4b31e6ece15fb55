"""Those who paint: processes on this machine, behind one contract."""
