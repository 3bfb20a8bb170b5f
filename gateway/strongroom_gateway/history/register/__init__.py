"""The climate register (温湿度登记表): what is printed of days, months and years, and how it is written."""
