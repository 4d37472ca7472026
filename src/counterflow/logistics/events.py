"""Facts that logistics tells; subjects are parcels. `facts` name the RMA, where one is known."""

PARCEL_ANNOUNCED = "ParcelAnnounced"
PARCEL_REPORTED = "ParcelReported"
PARCEL_UNIDENTIFIED = "ParcelUnidentified"
PARCEL_LOST = "ParcelLost"
PARCEL_FOUND = "ParcelFound"
