module github.com/your/assay/bindings/go

go 1.21
