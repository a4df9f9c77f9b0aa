module github.com/jackfield/jackfield/plugins/redis

go 1.26.8

require github.com/jackfield/jackfield/sdk v0.0.0

replace github.com/jackfield/jackfield/sdk => ../../sdk
