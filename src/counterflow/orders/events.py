"""Facts that orders tells: of an order, that goods of it left; of a shipment line, that more left than was there."""

ORDER_SHIPPED = "OrderShipped"
STOCK_FACT_NEGATIVE = "StockFactNegative"
